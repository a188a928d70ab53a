#pragma once
// What `sbcctl policy shadow` asks of a border that runs, on the control socket:
//   POST /policy/shadow?share=0.1   a candidate begins, in the body (sbc/policy/parcel.h): {"order": 3}
//   GET  /policy/shadow             how it does, as JSON; ?form=text for people
//   POST /policy/shadow/stop        it ends; answers like GET, with the last report

#include <functional>
#include <memory>

#include "sbc/admin/control.h"
#include "sbc/app/config.h"
#include "sbc/app/shadow.h"

namespace sbc::app {

// `config` gives that of now; both references outlive `control`.
void add_shadow_pages(admin::Control& control, Shadow& shadow, std::function<std::shared_ptr<const Config>()> config);

}  // namespace sbc::app
