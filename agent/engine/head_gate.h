#pragma once

#include <string>
#include <string_view>

namespace wsfleet::engine {

// What Beast gets to read of an answer. It knows no interim answers (RFC 9110, 15.2), takes heads of 8 KiB, and gives a
// good 101 up if more frames come with it than its buffer takes. So interim answers are left out, a 101 is passed on
// once it is whole, with the fields only that an upgrade is judged by, and what follows it with the next read.
class HeadGate {
 public:
  static constexpr std::size_t kMaxHead = 64 * 1024;
  static constexpr std::size_t kMaxRecorded = kMaxHead + 8 * 1024;  // a head, and 8 KiB of body

  // Bytes in the order of receipt.
  void Take(std::string_view bytes);

  // What may be read now, and what was read of it.
  std::string_view ready() const { return passed_.empty() ? behind_ : passed_; }
  void Consume(std::size_t bytes);

  // The answer as it was received, without interim ones.
  const std::string& record() const { return record_; }
  void Forget() { *this = HeadGate(); }

 private:
  void Open();
  void Switch(std::size_t head_bytes);

  std::string record_;
  std::string pending_;  // the beginning of a 101 or of an interim answer
  std::string passed_;
  std::string behind_;  // a 101
  bool open_ = false;
  bool switched_ = false;
};

}  // namespace wsfleet::engine
