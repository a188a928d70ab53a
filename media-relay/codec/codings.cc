#include "media-relay/codec/codings.h"

namespace codec {

std::unique_ptr<Decoder> make_decoder(Coding coding, unsigned rate) {
  switch (coding) {
    case Coding::Pcmu:
    case Coding::Pcma:
      return make_g711_decoder(coding);
    case Coding::G722:
      return make_g722_decoder();
    case Coding::Opus:
      break;
  }
  return make_opus_decoder(rate);
}

std::unique_ptr<Encoder> make_encoder(Coding coding, unsigned rate, const OpusParameters& opus) {
  switch (coding) {
    case Coding::Pcmu:
    case Coding::Pcma:
      return make_g711_encoder(coding);
    case Coding::G722:
      return make_g722_encoder();
    case Coding::Opus:
      break;
  }
  return make_opus_encoder(rate, opus);
}

}  // namespace codec
