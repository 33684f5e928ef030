#pragma once

namespace wsfleet {

// What a std::unique_ptr to an object of a C library ends it with: std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>.
template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

}  // namespace wsfleet
