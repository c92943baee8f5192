#include "controllers/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace bootstrap {
namespace {

constexpr double kKibi = 1024;
constexpr std::array<std::pair<std::string_view, double>, 16> kUnits{
    {{"", 1},
     {"n", 1e-9},
     {"u", 1e-6},
     {"m", 1e-3},
     {"k", 1e3},
     {"M", 1e6},
     {"G", 1e9},
     {"T", 1e12},
     {"P", 1e15},
     {"E", 1e18},
     {"Ki", kKibi},
     {"Mi", kKibi* kKibi},
     {"Gi", kKibi* kKibi* kKibi},
     {"Ti", kKibi* kKibi* kKibi* kKibi},
     {"Pi", kKibi* kKibi* kKibi* kKibi* kKibi},
     {"Ei", kKibi* kKibi* kKibi* kKibi* kKibi* kKibi}}};

}  // namespace

std::optional<double> quantity_from_text(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [unit, factor] : kUnits)
    if (rest == unit) return number * factor;
  return std::nullopt;
}

}  // namespace bootstrap
