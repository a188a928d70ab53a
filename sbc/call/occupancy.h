#pragma once
// How many calls there are at once: of each trunk, realm and user, and in each class that calls are admitted in. The
// shards of a process share one (app/shared_occupancy.h).

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "media-relay/base/hash.h"

namespace sbc::call {

class Occupancy {
 public:
  enum class Of : std::uint8_t { Trunk, Realm, User, Class };

  // One call counts for as long as it has this. Outlived by the Occupancy.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept : at_(std::exchange(other.at_, nullptr)), key_(std::move(other.key_)) {}
    Seat& operator=(Seat&& other) noexcept {
      leave();
      at_ = std::exchange(other.at_, nullptr);
      key_ = std::move(other.key_);
      return *this;
    }
    ~Seat() { leave(); }
    std::string_view name() const { return at_ == nullptr ? std::string_view() : std::string_view(key_).substr(1); }

   private:
    friend class Occupancy;
    Seat(Occupancy* at, std::string key) : at_(at), key_(std::move(key)) {}
    void leave() {
      if (at_ != nullptr) std::exchange(at_, nullptr)->leave(key_);
    }
    Occupancy* at_ = nullptr;
    std::string key_;
  };

  virtual ~Occupancy() = default;

  Seat take(Of what, std::string_view name);
  // nullopt, and counted as refused: there are `most` already.
  std::optional<Seat> take(Of what, std::string_view name, std::size_t most);
  std::uint64_t count(Of what, std::string_view name) const { return standing(key_of(what, name)).taken; }
  // Times that there was no room.
  std::uint64_t refused(Of what, std::string_view name) const { return standing(key_of(what, name)).refused; }

  struct Standing {
    std::uint64_t taken = 0;
    std::uint64_t refused = 0;
  };
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  // One more of that key (kind and name); false: it is refused.
  virtual bool enter(const std::string& key, std::size_t most) = 0;
  virtual void leave(const std::string& key) = 0;
  virtual Standing standing(const std::string& key) const = 0;

 private:
  static std::string key_of(Of what, std::string_view name);
};

// In one thread. It knows no more names than calls count for, and than have been refused: those have a limit.
class OccupancyTable final : public Occupancy {
 public:
  bool enter(const std::string& key, std::size_t most) override;
  void leave(const std::string& key) override;
  Standing standing(const std::string& key) const override;
  std::size_t size() const { return taken_.size(); }

 private:
  using Counts = std::unordered_map<std::string, std::uint64_t, base::StringHash, std::equal_to<>>;
  Counts taken_;
  Counts refused_;
};

}  // namespace sbc::call
