#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "boost/asio/buffer.hpp"

namespace wsfleet::engine {

// Calls `each` with the parts of the first `bytes` of a sequence of buffers, in order, and sums up what it says.
template <typename Buffers, typename Each>
std::size_t SumOverParts(const Buffers& buffers, std::size_t bytes, Each each) {
  std::size_t sum = 0;
  for (auto it = boost::asio::buffer_sequence_begin(buffers);
       bytes > 0 && it != boost::asio::buffer_sequence_end(buffers); ++it) {
    const boost::asio::const_buffer buffer(*it);
    const std::string_view part(static_cast<const char*>(buffer.data()), std::min(bytes, buffer.size()));
    bytes -= part.size();
    sum += each(part);
  }
  return sum;
}

}  // namespace wsfleet::engine
