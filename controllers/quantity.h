#pragma once
// Amounts as Kubernetes writes them: "250m" CPUs, "3981Mi", "1e3".

#include <optional>
#include <string_view>

namespace bootstrap {

// In CPUs, bytes, or whatever it counts. Empty: not an amount.
std::optional<double> quantity_from_text(std::string_view);

}  // namespace bootstrap
