#pragma once

#include <string_view>

namespace reelspool {

/// Whether a plan is one that is paid for (REQUIREMENTS B2, S14): starter, growth, agency, pro, enterprise,
/// business; compared trimmed and in lower case. A plan nobody knows is not. Only videos of plans that are
/// not paid get a watermark.
bool is_paid_plan(std::string_view plan);

}  // namespace reelspool
