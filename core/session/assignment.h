#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace wsfleet {

// Which frame is which message: a maximum matching of a bipartite graph that grows frame by frame (augmenting paths;
// Berge, 1957). A message or frame that is matched stays so, though perhaps with another partner. So the matched frames
// are the earliest ones that can be, and a frame that cannot be matched when it comes never can be later.
class Assignment {
 public:
  explicit Assignment(std::size_t messages) : frame_of_(messages) {}

  // Adds a frame that could be any of these messages, or more such messages of a frame that is matched. True if one
  // message more has a frame now. A frame that finds no place is forgotten.
  bool Add(std::uint64_t frame, const std::vector<std::size_t>& messages);

  // How many messages have a frame.
  std::size_t size() const { return size_; }
  std::optional<std::uint64_t> frame_of(std::size_t message) const { return frame_of_[message]; }
  // The matched frames and the messages that each could be.
  const std::map<std::uint64_t, std::vector<std::size_t>>& frames() const { return could_be_; }

 private:
  bool FindPlace(std::uint64_t frame, std::vector<bool>& tried);

  std::map<std::uint64_t, std::vector<std::size_t>> could_be_;
  std::vector<std::optional<std::uint64_t>> frame_of_;
  std::size_t size_ = 0;
};

}  // namespace wsfleet
