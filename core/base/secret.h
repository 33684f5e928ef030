#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace wsfleet {

// A value that must not outlive its use: kept once, on the heap, overwritten when it is destroyed. It cannot be copied,
// printed or formatted; who needs the characters says so. Not thread-safe to change; to read it is.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value);
  // And overwrites where it was.
  static Secret Take(std::string&& value) { return Take(value); }
  static Secret Take(std::string& value);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  // For as long as this lives. What is made of it is not overwritten by anybody.
  std::string_view Reveal() const { return {value_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  friend bool operator==(const Secret& one, const Secret& other) { return one.Reveal() == other.Reveal(); }

 private:
  void Wipe();

  std::unique_ptr<char[]> value_;  // not a std::string: that keeps short ones in itself, and leaves them where it was
  std::size_t size_ = 0;
};

// Overwrites the characters, those behind its end too, and empties it. The compiler does not leave that out.
void WipeText(std::string& text);

}  // namespace wsfleet
