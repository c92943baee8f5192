#include "tests/simulation/listing.h"

#include <charconv>

#include <fmt/format.h>

#include "tests/simulation/selectors.h"

namespace bootstrap::simulation {
namespace {

// Where the next page begins. Its text means nothing to clients.
struct Token {
  std::uint64_t version = 0;
  ObjectKey after;

  std::string text() const { return fmt::format("v{}|{}|{}", version, after.ns, after.name); }

  static std::optional<Token> read(const std::string& text) {
    Token token;
    const auto first = text.find('|');
    const auto second = text.find('|', first + 1);
    if (!text.starts_with('v') || second == std::string::npos) return std::nullopt;
    std::from_chars(text.data() + 1, text.data() + first, token.version);
    token.after = {text.substr(first + 1, second - first - 1), text.substr(second + 1)};
    return token;
  }
};

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Json item(const ResourceType& type, const Json& object) {
  Json copy = object;
  if (type.custom) return copy;
  copy.erase("kind");  // the real server leaves both out inside lists of built-in kinds
  copy.erase("apiVersion");
  return copy;
}

}  // namespace

Answer<Json> list_page(const ObjectStore& store, const ResourceType& type,
                       const RequestTarget& target, std::uint64_t version) {
  const auto labels = parse_label_selector(target.parameter("labelSelector"));
  const auto fields = parse_field_selector(target.parameter("fieldSelector"));
  if (!labels || !fields) return tl::unexpected(refusals::bad_request("unable to parse selector"));
  if (const auto asked = number(target.parameter("resourceVersion")); asked > store.version())
    return tl::unexpected(refusals::too_large_version(asked, store.version()));

  Token from{version, {}};
  if (const std::string text = target.parameter("continue"); !text.empty()) {
    const auto token = Token::read(text);
    if (!token) return tl::unexpected(refusals::bad_request("continue key is not valid"));
    from = *token;
    if (from.version < store.compacted())
      return tl::unexpected(refusals::expired(
          "The provided continue parameter is too old to display a consistent list result."));
  }
  const std::uint64_t limit = number(target.parameter("limit"));
  Json items = Json::array();
  Json metadata{{"resourceVersion", std::to_string(from.version)}};
  for (const Object& object : store.list_at(type, target.ns, from.version)) {
    const ObjectKey key = key_of(*object);
    if (key <= from.after || !matches_labels(*labels, *object) || !matches_fields(*fields, *object))
      continue;
    if (limit > 0 && items.size() == limit) {
      const Json& last = items.back();
      metadata["continue"] = Token{from.version, key_of(last)}.text();
      break;
    }
    items.push_back(item(type, *object));
  }
  return Json{{"kind", type.kind + "List"},
              {"apiVersion", type.api_version()},
              {"metadata", std::move(metadata)},
              {"items", std::move(items)}};
}

}  // namespace bootstrap::simulation
