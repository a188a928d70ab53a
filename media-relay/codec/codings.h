#pragma once
// Inside the room: one pair of makers for each family of codings.

#include <memory>

#include "media-relay/codec/decoder.h"
#include "media-relay/codec/encoder.h"

namespace codec {

std::unique_ptr<Decoder> make_g711_decoder(Coding law);
std::unique_ptr<Encoder> make_g711_encoder(Coding law);
std::unique_ptr<Decoder> make_g722_decoder();
std::unique_ptr<Encoder> make_g722_encoder();
std::unique_ptr<Decoder> make_opus_decoder(unsigned rate);
std::unique_ptr<Encoder> make_opus_encoder(unsigned rate, const OpusParameters& parameters);

}  // namespace codec
