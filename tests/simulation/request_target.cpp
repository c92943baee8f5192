#include "tests/simulation/request_target.h"

#include <cctype>
#include <vector>

#include <fmt/format.h>

namespace bootstrap::simulation {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int lower = std::tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::vector<std::string_view> pieces(std::string_view text, char separator) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) all.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

bool read_query(std::string_view text, RequestTarget& target) {
  for (const auto part : pieces(text, '&')) {
    const auto equals = std::min(part.find('='), part.size());
    const auto key = decoded(part.substr(0, equals), true);
    const auto value = decoded(part.substr(std::min(equals + 1, part.size())), true);
    if (!key || !value) return false;
    target.query[*key] = *value;
  }
  return true;
}

// "/api/v1/…" or "/apis/<group>/<version>/…", then "namespaces/<ns>/" or not, plural, name, part.
void read_resource(const std::vector<std::string>& parts, RequestTarget& target) {
  std::size_t at = 0;
  const auto next = [&]() { return at < parts.size() ? parts[at++] : std::string(); };
  const std::string root = next();
  if (root != "api" && root != "apis") return;
  if (root == "apis") target.group = next();
  target.version = next();
  if (at + 2 < parts.size() && parts[at] == "namespaces") {
    ++at;
    target.ns = next();
  }
  target.plural = next();
  target.name = next();
  target.subresource = next();
}

}  // namespace

std::optional<RequestTarget> parse_target(std::string_view text) {
  RequestTarget target;
  const auto question = std::min(text.find('?'), text.size());
  target.path = text.substr(0, question);
  std::vector<std::string> parts;
  for (const auto piece : pieces(target.path, '/')) {
    auto part = decoded(piece, false);
    if (!part) return std::nullopt;
    parts.push_back(std::move(*part));
  }
  read_resource(parts, target);
  if (!read_query(text.substr(std::min(question + 1, text.size())), target)) return std::nullopt;
  return target;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~')
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace bootstrap::simulation
