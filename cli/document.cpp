#include "cli/document.h"

#include <exception>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "cli/text_parts.h"
#include "cli/yaml_scalar.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

// Far beyond any manifest. Aliases can make a small file endless or enormous.
constexpr int kDeepest = 200;
constexpr std::size_t kMostNodes = 500'000;

struct TooMuch {  // thrown within this file only
  const char* message;
};

// One document.
class Reader {
 public:
  Reader(int first_line, std::vector<Mistake>& mistakes)
      : first_line_(first_line), mistakes_(mistakes) {}

  json read(const YAML::Node& node, Places& places, const std::string& path, int depth = 0) {
    if (depth > kDeepest) throw TooMuch{"is nested too deep; does an alias hold itself?"};
    if (++nodes_ > kMostNodes) throw TooMuch{"is too large when its aliases are resolved"};
    if (places.at == Place{}) places.at = place_of(node.Mark());
    if (node.IsScalar()) return scalar(node, places, path);
    if (node.IsSequence()) {
      json list = json::array();
      for (const YAML::Node& entry : node) {
        const std::string entry_path = fmt::format("{}[{}]", path, places.items.size());
        list.push_back(read(entry, places.items.emplace_back(), entry_path, depth + 1));
      }
      return list;
    }
    if (!node.IsMap()) return {};
    json object = json::object();
    fill(object, node, places, path, depth);
    return object;
  }

  Place place_of(const YAML::Mark& mark) const {
    if (mark.is_null()) return {first_line_, 1};
    return {first_line_ + mark.line, mark.column + 1};
  }

 private:
  json scalar(const YAML::Node& node, Places& places, const std::string& path) {
    auto value = typed_scalar(node.Tag(), node.Scalar());
    if (!value) mistakes_.push_back({place_of(node.Mark()), path, value.error()});
    if (!value) return {};
    if (!value->is_string()) places.written = node.Scalar();
    return *std::move(value);
  }

  // As the JSON object will have it.
  static std::string key_text(const YAML::Node& key) {
    const auto value = typed_scalar(key.Tag(), key.Scalar());
    return !value || value->is_string() ? key.Scalar() : value->dump();
  }

  void fill(json& object, const YAML::Node& node, Places& places, const std::string& path,
            int depth) {
    std::map<std::string, Place> seen;
    for (const auto& entry : node) {
      const YAML::Node& key = entry.first;
      const Place at = place_of(key.Mark());
      if (!key.IsScalar()) {
        mistakes_.push_back({at, path, "has a key that is no text"});
        continue;
      }
      if (key.Tag() == "?" && key.Scalar() == "<<") {
        merge(object, entry.second, places, path, depth);
        continue;
      }
      const std::string name = key_text(key);
      const std::string here = path.empty() ? name : fmt::format("{}.{}", path, name);
      if (const auto [first, fresh] = seen.emplace(name, at); !fresh)
        mistakes_.push_back({at, here,
                             fmt::format("is there twice, in line {} as well; only one would count",
                                         first->second.line)});
      Places& field = places.fields[name] = Places{};
      field.at = at;
      object[name] = read(entry.second, field, here, depth + 1);
    }
  }

  // What stands later in the file wins, as with kubectl, whether it is merged or written.
  void merge(json& object, const YAML::Node& value, Places& places, const std::string& path,
             int depth) {
    if (depth > kDeepest) throw TooMuch{"is nested too deep; does an alias hold itself?"};
    if (value.IsMap()) {
      fill(object, value, places, path, depth + 1);
    } else if (value.IsSequence()) {
      for (std::size_t i = value.size(); i-- > 0;) merge(object, value[i], places, path, depth + 1);
    } else {
      mistakes_.push_back({place_of(value.Mark()), path, "<< takes an object or a list of them"});
    }
  }

  int first_line_;
  std::vector<Mistake>& mistakes_;
  std::size_t nodes_ = 0;
};

// Its value alone: JSON that the YAML parser does not take, such as a character written as two
// surrogates.
void read_json_only(const TextPart& part, const Mistake& otherwise, Documents& result) {
  json value = json::parse(part.text, nullptr, false);
  if (value.is_discarded()) {
    result.mistakes.push_back(otherwise);
    return;
  }
  Places places;
  places.at = {part.first_line, 1};
  result.documents.push_back({std::move(value), std::move(places)});
}

void read_part(const TextPart& part, Documents& result) {
  Reader reader(part.first_line, result.mistakes);
  try {
    Document document;
    document.value = reader.read(YAML::Load(part.text), document.places, "");
    if (!document.value.is_null()) result.documents.push_back(std::move(document));
  } catch (const TooMuch& e) {
    result.mistakes.push_back({{part.first_line, 1}, "", e.message});
  } catch (const YAML::Exception& e) {
    read_json_only(part, {reader.place_of(e.mark), "", "is not YAML: " + e.msg}, result);
  } catch (const std::exception& e) {
    result.mistakes.push_back({{part.first_line, 1}, "", fmt::format("is not YAML: {}", e.what())});
  }
}

}  // namespace

Documents read_documents(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  Documents result;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const auto line = line_that_is_not_utf8(text)) {
    result.mistakes.push_back({{*line, 1}, "", "is not UTF-8 text"});
    return result;
  }
  std::vector<TextPart> parts = json_parts(text);
  if (parts.empty()) parts = yaml_parts(text);
  for (const TextPart& part : parts) read_part(part, result);
  return result;
}

}  // namespace bootstrap::cli
