#include "controllers/projection.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>

namespace bootstrap {

using nlohmann::json;

namespace {

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size())
      out.back().push_back(path[++i]);
    else if (path[i] == '.')
      out.emplace_back();
    else
      out.back().push_back(path[i]);
  }
  return out;
}

}  // namespace

FieldFilter::FieldFilter() : nodes_(1) {}

FieldFilter::FieldFilter(std::initializer_list<std::string_view> keep,
                         std::initializer_list<std::string_view> drop)
    : FieldFilter(std::span(keep.begin(), keep.size()), std::span(drop.begin(), drop.size())) {}

FieldFilter::FieldFilter(std::span<const std::string_view> keep,
                         std::span<const std::string_view> drop)
    : FieldFilter() {
  for (const std::string_view path : keep) add(path, Rule::Keep);
  for (const std::string_view path : drop) add(path, Rule::Drop);
}

FieldFilter FieldFilter::everything() {
  FieldFilter all;
  all.nodes_[0].rule = Rule::Keep;
  return all;
}

FieldFilter FieldFilter::everything_but(std::span<const std::string_view> drop) {
  FieldFilter most({}, drop);
  most.nodes_[0].rule = Rule::Keep;
  return most;
}

FieldFilter FieldFilter::below(std::string_view path) const {
  FieldFilter out;
  std::size_t at = 0;
  for (std::string& key : segments(path)) at = out.child(at, std::move(key));
  out.merge(at, *this, 0);
  return out;
}

FieldFilter FieldFilter::with(const FieldFilter& other) const {
  FieldFilter out = *this;
  out.merge(0, other, 0);
  return out;
}

void FieldFilter::add(std::string_view path, Rule rule) {
  std::size_t at = 0;
  for (std::string& key : segments(path)) at = child(at, std::move(key));
  nodes_[at].rule = rule;
}

std::size_t FieldFilter::child(std::size_t parent, std::string key) {
  for (const auto& [name, index] : nodes_[parent].children)
    if (name == key) return index;
  nodes_.emplace_back();
  nodes_[parent].children.emplace_back(std::move(key), nodes_.size() - 1);
  return nodes_.size() - 1;
}

void FieldFilter::merge(std::size_t into, const FieldFilter& other, std::size_t from) {
  if (const Rule theirs = other.nodes_[from].rule; theirs == Rule::Keep)
    nodes_[into].rule = Rule::Keep;
  else if (theirs == Rule::Descend && nodes_[into].rule == Rule::Drop)
    nodes_[into].rule = Rule::Descend;
  for (const auto& [key, index] : other.nodes_[from].children) {
    const std::size_t known = nodes_.size();
    const std::size_t mine = child(into, key);
    if (mine == known) nodes_[mine].rule = other.nodes_[index].rule;
    merge(mine, other, index);
  }
}

// Receives the parser's events and builds what the filter keeps. Not in an anonymous namespace
// because FieldFilter names it as its friend.
class KeptBuilder {
 public:
  explicit KeptBuilder(const FieldFilter& filter) : nodes_(filter.nodes_) {}

  json take() { return std::move(root_); }
  const std::string& error() const { return error_; }

  bool null() { return value(nullptr); }
  bool boolean(bool yes) { return value(yes); }
  bool number_integer(std::int64_t number) { return value(number); }
  bool number_unsigned(std::uint64_t number) { return value(number); }
  bool number_float(double number, const std::string&) { return value(number); }
  bool string(std::string_view text) { return value(text); }
  bool binary(json::binary_t&) { return true; }  // does not occur in text

  bool start_object(std::size_t) { return open(json::value_t::object); }
  bool start_array(std::size_t) { return open(json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string_view name) {
    if (skipping_ > 0) return true;
    key_place_ = below(open_.back().place, name);
    if (key_place_) key_ = name;
    return true;
  }

  // Nothing is wanted of the object or array that was started last.
  bool skips() const { return skipping_ > 0; }

  bool parse_error(std::size_t position, const std::string&, const json::exception& what) {
    // Without the parser's own text: it quotes what it read, which may be a secret.
    constexpr int kOutOfRange = 406;
    error_ =
        fmt::format("{} at byte {}",
                    what.id == kOutOfRange ? "number out of range" : "malformed JSON", position);
    return false;
  }

 private:
  // Where we are in the filter. Without a node everything below is kept.
  struct Place {
    const FieldFilter::Node* node;
    bool keep;
  };
  struct Open {
    json* value;
    Place place;
  };

  std::optional<Place> below(const Place& place, std::string_view key) const {
    if (place.node == nullptr) return place;
    for (const auto& [name, index] : place.node->children) {
      if (name != key) continue;
      const FieldFilter::Node& node = nodes_[index];
      if (node.rule == FieldFilter::Rule::Drop) return std::nullopt;
      return at(node, place.keep || node.rule == FieldFilter::Rule::Keep);
    }
    if (place.keep) return Place{nullptr, true};
    return std::nullopt;
  }

  static Place at(const FieldFilter::Node& node, bool keep) {
    return keep && node.children.empty() ? Place{nullptr, true} : Place{&node, keep};
  }

  // The place of the value that comes now; none: it is skipped.
  std::optional<Place> wanted() const {
    if (skipping_ > 0) return std::nullopt;
    if (open_.empty()) return at(nodes_[0], nodes_[0].rule == FieldFilter::Rule::Keep);
    return open_.back().value->is_array() ? open_.back().place : key_place_;
  }

  template <class T>
  bool value(T plain) {
    if (const auto place = wanted(); place && place->keep) insert(json(plain));
    return true;
  }

  json& insert(json what) {
    if (open_.empty()) return root_ = std::move(what);
    json& parent = *open_.back().value;
    if (!parent.is_array()) return parent[key_] = std::move(what);
    parent.push_back(std::move(what));
    return parent.back();
  }

  bool open(json::value_t type) {
    const auto place = wanted();
    if (!place) {
      ++skipping_;
      return true;
    }
    if (open_.size() == kMaxKeptDepth) {
      error_ = fmt::format("nested deeper than {}", kMaxKeptDepth);
      return false;
    }
    json& inserted = insert(json(type));
    open_.push_back({&inserted, *place});
    return true;
  }

  bool close() {
    if (skipping_ > 0)
      --skipping_;
    else
      open_.pop_back();
    return true;
  }

  const std::vector<FieldFilter::Node>& nodes_;
  json root_;
  std::vector<Open> open_;
  std::size_t skipping_ = 0;  // levels below the first value that is not kept
  std::string key_;
  std::optional<Place> key_place_;
  std::string error_;
};

namespace {

namespace dom = simdjson::dom;

// Tells the builder what was read, without what it skips. False: it does not want more.
bool tell(KeptBuilder& builder, const dom::element& read);

bool tell(KeptBuilder& builder, const dom::object& object) {
  if (!builder.start_object(object.size())) return false;
  if (builder.skips()) return builder.end_object();
  for (const auto& [key, value] : object)
    if (!builder.key(key) || !tell(builder, value)) return false;
  return builder.end_object();
}

bool tell(KeptBuilder& builder, const dom::array& array) {
  if (!builder.start_array(array.size())) return false;
  if (builder.skips()) return builder.end_array();
  for (const dom::element value : array)
    if (!tell(builder, value)) return false;
  return builder.end_array();
}

bool tell_integer(KeptBuilder& builder, std::int64_t number) {
  return number < 0 ? builder.number_integer(number)
                    : builder.number_unsigned(static_cast<std::uint64_t>(number));
}

bool tell(KeptBuilder& builder, const dom::element& read) {
  using Type = dom::element_type;
  switch (read.type()) {
    case Type::OBJECT:
      return tell(builder, dom::object(read));
    case Type::ARRAY:
      return tell(builder, dom::array(read));
    case Type::STRING:
      return builder.string(std::string_view(read));
    case Type::INT64:
      return tell_integer(builder, std::int64_t(read));
    case Type::UINT64:
      return builder.number_unsigned(std::uint64_t(read));
    case Type::DOUBLE:
      return builder.number_float(double(read), {});
    case Type::BOOL:
      return builder.boolean(bool(read));
    case Type::NULL_VALUE:
      return builder.null();
  }
  return false;
}

}  // namespace

// simdjson reads some fifteen times as fast as nlohmann's parser. What it cannot read (a number of
// more than 64 bits; or it is no JSON) that one reads again: it is the judge, and knows the place.
tl::expected<json, std::string> parse_kept(std::string_view text, const FieldFilter& filter) {
  KeptBuilder builder(filter);
  dom::parser parser;
  dom::element read;
  const bool told = parser.parse(text).get(read) == simdjson::SUCCESS
                        ? tell(builder, read)
                        : json::sax_parse(text.begin(), text.end(), &builder);
  if (!told) return tl::make_unexpected(builder.error());
  return builder.take();
}

}  // namespace bootstrap
