#include "controllers/time.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <date/date.h>
#include <fmt/format.h>

namespace bootstrap {

using namespace std::chrono;

namespace {

// By hand: date::format makes a stream with a locale each time, and a status has dozens of times.
std::string to_seconds(TimePoint t) {
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const auto second = floor<seconds>(t - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     second / 3600, second / 60 % 60, second % 60);
}

}  // namespace

std::string to_rfc3339(TimePoint t) {
  return to_seconds(t) + "Z";
}

std::string to_rfc3339_micro(TimePoint t) {
  return fmt::format("{}.{:03}000Z", to_seconds(t), (t - floor<seconds>(t)).count());
}

std::optional<TimePoint> from_rfc3339(std::string_view text) {
  for (const char* format : {"%FT%TZ", "%FT%T%Ez"}) {
    std::istringstream in{std::string(text)};
    std::chrono::sys_time<nanoseconds> point;  // so that any number of decimals is read
    in >> date::parse(format, point);
    if (!in.fail() && in.peek() == std::char_traits<char>::eof()) return floor<milliseconds>(point);
  }
  return std::nullopt;
}

std::string to_text(Duration d) {
  const auto total = duration_cast<seconds>(d).count();
  const auto h = total / 3600, m = total / 60 % 60, s = total % 60;
  if (h > 0) return fmt::format("{}h{}m{}s", h, m, s);
  if (m > 0) return fmt::format("{}m{}s", m, s);
  return fmt::format("{}s", s);
}

namespace {

struct Unit {
  std::string_view name;
  Duration length;
};
// "ms" before "m": the longest name that fits wins.
constexpr std::array<Unit, 4> kUnits{
    Unit{"ms", milliseconds(1)}, {"s", seconds(1)}, {"m", minutes(1)}, {"h", hours(1)}};
constexpr Duration kLongest = hours(24 * 3650);

}  // namespace

std::optional<Duration> duration_from_text(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Duration sum{0};
  while (!text.empty()) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || digits > 9) return std::nullopt;
    const long long count = std::stoll(std::string(text.substr(0, digits)));
    text.remove_prefix(digits);
    const auto* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                    [&](const Unit& u) { return text.starts_with(u.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    sum += count * unit->length;
    if (sum > kLongest) return std::nullopt;
  }
  return sum;
}

}  // namespace bootstrap
