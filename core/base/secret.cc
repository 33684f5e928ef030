#include "core/base/secret.h"

#include <cstring>
#include <utility>

namespace wsfleet {

Secret::Secret(std::string_view value) : value_(new char[value.size()]), size_(value.size()) {
  value.copy(value_.get(), size_);
}

Secret Secret::Take(std::string& value) {
  Secret secret(value);
  WipeText(value);
  return secret;
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  value_ = std::move(other.value_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

Secret::~Secret() { Wipe(); }

void Secret::Wipe() {
  if (value_ != nullptr) explicit_bzero(value_.get(), size_);
}

void WipeText(std::string& text) {
  text.resize(text.capacity());  // never moves it
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace wsfleet
