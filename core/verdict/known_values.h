#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace wsfleet {

// Values that are looked for in texts all at once, however many they are: they are kept in order, so that of those that
// a text may begin with two are compared. Long ones are looked for in pieces. They are overwritten at the end. For one
// thread, since they are put in order when something is first looked for.
class KnownValues {
 public:
  // Shorter ones are not added.
  static constexpr std::size_t kMinBytes = 4;
  static constexpr std::size_t kMaxPieceBytes = 1024;

  KnownValues() = default;
  KnownValues(const KnownValues&) = delete;
  KnownValues& operator=(const KnownValues&) = delete;
  ~KnownValues();

  void Add(std::string_view value);

  // How many bytes a text begins with that are a value (the longest of them), and how many that are the begin of one.
  struct Found {
    std::size_t whole = 0, begin = 0;
  };
  // Nothing if it is fewer than kMinBytes.
  Found FindAtBegin(std::string_view text) const;

  // Pieces of long ones counted, the same ones once.
  std::size_t size() const;
  // Between two values, or between one and a text, since there are any: what all of it has cost.
  std::size_t comparisons() const { return comparisons_; }

 private:
  struct Piece {
    std::uint64_t first_bytes = 0;  // in the order of values
    std::string_view bytes;
    std::ptrdiff_t begin = -1;  // the longest piece that this one begins with
  };
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0, used = 0;
  };

  std::string_view Keep(std::string_view bytes);
  void PutInOrder() const;
  void FindBegins() const;
  bool MayBegin(std::string_view text) const;
  bool IsBefore(const Piece& one, const Piece& other) const;

  std::vector<Block> blocks_;
  mutable std::vector<Piece> pieces_;
  mutable std::vector<bool> first_bytes_;  // by a hash of four: whether any begins so
  mutable bool in_order_ = true;
  mutable std::size_t comparisons_ = 0;
};

}  // namespace wsfleet
