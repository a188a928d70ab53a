#pragma once
// A value that is mostly absent: std::optional's way of speaking, with the room of one pointer while there is none. For
// large parts of small things of which there are many. Copies copy the value.

#include <concepts>
#include <memory>
#include <optional>
#include <utility>

namespace base {

template <typename T>
class Rare {
 public:
  Rare() = default;
  Rare(std::nullopt_t) {}
  Rare(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Rare(std::optional<T> value) : value_(value ? std::make_unique<T>(*std::move(value)) : nullptr) {}
  Rare(const Rare& other) : value_(copy_of(other)) {}
  Rare(Rare&&) noexcept = default;
  Rare& operator=(const Rare& other) {
    if (this != &other) value_ = copy_of(other);
    return *this;
  }
  Rare& operator=(Rare&&) noexcept = default;
  Rare& operator=(std::nullopt_t) {
    value_.reset();
    return *this;
  }
  template <typename U = T>
    requires(!std::same_as<std::remove_cvref_t<U>, Rare> && std::constructible_from<T, U>)
  Rare& operator=(U&& value) {
    value_ = std::make_unique<T>(std::forward<U>(value));
    return *this;
  }
  ~Rare() = default;

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  T& value() { return *value_; }
  const T& value() const { return *value_; }

  void reset() { value_.reset(); }
  template <typename... Args>
  T& emplace(Args&&... args) {
    value_ = std::make_unique<T>(std::forward<Args>(args)...);
    return *value_;
  }

  friend bool operator==(const Rare& a, const Rare& b)
    requires std::equality_comparable<T>
  {
    return a.has_value() == b.has_value() && (!a || *a == *b);
  }
  friend bool operator==(const Rare& a, const T& b)
    requires std::equality_comparable<T>
  {
    return a && *a == b;
  }
  friend bool operator==(const Rare& a, std::nullopt_t) { return !a; }

 private:
  static std::unique_ptr<T> copy_of(const Rare& other) { return other ? std::make_unique<T>(*other) : nullptr; }

  std::unique_ptr<T> value_;
};

}  // namespace base
