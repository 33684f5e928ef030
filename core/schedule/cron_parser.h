#pragma once

#include <string_view>

#include "core/schedule/cron.h"

namespace wsfleet {

// The text of an expression to the values that it names; whether there is such a day is not looked at. Nothing, and
// `mistake` filled, if it is no expression.
std::optional<CronExpression::Fields> ParseCronFields(std::string_view text, CronExpression::Mistake& mistake);

}  // namespace wsfleet
