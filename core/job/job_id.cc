#include "core/job/job_id.h"

#include <string>
#include <string_view>
#include <utility>

namespace wsfleet {

JobId JobIdOf(std::uint64_t random) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string id = "r-";
  for (int i = 0; i < 10; ++i, random >>= 5) id += kAlphabet[random % kAlphabet.size()];
  return JobId(std::move(id));
}

}  // namespace wsfleet
