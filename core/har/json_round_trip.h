#pragma once

#include <string_view>

namespace wsfleet {

// Whether a JSON text is the same, but for white space and escapes, when it is read into values and written again: no
// number is rounded or spelt otherwise, no member is lost because its name stands twice. False for what is no JSON.
bool SurvivesRoundTrip(std::string_view json);

}  // namespace wsfleet
