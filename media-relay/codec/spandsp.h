#pragma once
// The parts of spandsp that this room uses. Its own whole header would bring in libtiff and the fax machine.

#include <cstdint>
#include <cstdlib>
// clang-format off: each needs those above it.
#include <spandsp/telephony.h>
#include <spandsp/fast_convert.h>
#include <spandsp/bit_operations.h>
#include <spandsp/logging.h>
#include <spandsp/g711.h>
#include <spandsp/g722.h>
#include <spandsp/tone_generate.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/dtmf.h>
// clang-format on
