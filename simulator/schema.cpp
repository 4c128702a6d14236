#include "simulator/schema.hpp"

#include "simulator/built_in_types.hpp"

#include <unordered_map>

namespace holystone::simulator {

namespace {

using shape = schema_node::shape;

std::optional<shape> primitive(std::string_view code) {
  static const std::unordered_map<std::string_view, shape> shapes{
      {"s", shape::string},        {"i", shape::integer},
      {"b", shape::boolean},       {"y", shape::bytes},
      {"d", shape::number},        {"q", shape::quantity},
      {"x", shape::int_or_string}, {"t", shape::time},
      {"u", shape::micro_time},    {"f", shape::any}};
  auto found = shapes.find(code);
  if (found == shapes.end())
    return std::nullopt;
  return found->second;
}

std::string_view next_word(std::string_view& text) {
  auto start = text.find_first_not_of(" \n");
  if (start == std::string_view::npos)
    return text = {};
  text.remove_prefix(start);
  auto end = text.find_first_of(" \n");
  auto word = text.substr(0, end);
  text.remove_prefix(word.size());
  return word;
}

// Builds the nodes of the table once; lives as long as the program.
class built_in_pool {
public:
  built_in_pool() {
    read(built_in_types_a_to_o);
    read(built_in_types_p_to_z);
    // Copies of atomic uses were made before their type was read.
    for (auto& [node, type] : copies_) {
      auto atomic = node->atomic;
      *node = *types_.at(type);
      node->atomic = node->atomic || atomic;
    }
  }

  const schema_node* find(std::string_view type) const {
    auto found = types_.find(std::string{type});
    return found == types_.end() ? nullptr : found->second;
  }

private:
  void read(std::string_view text) {
    for (auto word = next_word(text); !word.empty(); word = next_word(text)) {
      bool atomic = word.back() == '!';
      if (atomic)
        word.remove_suffix(1);
      auto node = type(word);
      node->atomic = atomic;
      for (word = next_word(text); word != ";"; word = next_word(text))
        read_field(*node, word);
    }
  }

  void read_field(schema_node& owner, std::string_view word) {
    auto equals = word.find('=');
    auto colon = word.find(':');
    auto name = std::string{word.substr(0, equals)};
    schema_field field;
    for (auto digit : word.substr(equals + 1, colon - equals - 1))
      field.number = field.number * 10 + (digit - '0');
    field.embedded = name == "*";
    field.node = use(word.substr(colon + 1));
    if (field.embedded)
      name += std::to_string(field.number);
    owner.fields.emplace(std::move(name), field);
  }

  schema_node* use(std::string_view code) {
    if (code.front() == '[' || code.front() == '{') {
      auto end = code.find_first_of("]}");
      auto& node = pool_.emplace_back();
      node.what = code.front() == '[' ? shape::list : shape::map;
      node.element = use(code.substr(1, end - 1));
      read_flags(node, code.substr(end + 1));
      return &node;
    }
    auto end = code.find_first_of("!^");
    auto name = code.substr(0, end);
    if (auto simple = primitive(name)) {
      auto& node = pool_.emplace_back();
      node.what = *simple;
      return &node;
    }
    if (end == std::string_view::npos)
      return type(name);
    auto& node = pool_.emplace_back();
    read_flags(node, code.substr(end));
    copies_.emplace_back(&node, std::string{name});
    type(name);
    return &node;
  }

  static void read_flags(schema_node& node, std::string_view flags) {
    while (!flags.empty()) {
      auto end = flags.find_first_of("@~#!^", 1);
      auto text = flags.substr(
          1, end == std::string_view::npos ? std::string_view::npos : end - 1);
      switch (flags.front()) {
        case '@':
          node.items = schema_node::list_type::map;
          for (std::size_t at = 0; at != std::string_view::npos;) {
            auto comma = text.find(',', at);
            node.keys.emplace_back(text.substr(at, comma - at));
            at = comma == std::string_view::npos ? comma : comma + 1;
          }
          break;
        case '#':
          node.items = schema_node::list_type::set;
          break;
        case '~':
          node.merges = true;
          node.merge_key = text;
          break;
        case '^':
          node.retain_keys = true;
          break;
        default:
          node.atomic = true;
      }
      flags.remove_prefix(end == std::string_view::npos ? flags.size() : end);
    }
  }

  schema_node* type(std::string_view name) {
    auto& slot = types_[std::string{name}];
    if (slot == nullptr) {
      slot = &pool_.emplace_back();
      slot->what = shape::object;
      slot->type_name = name;
    }
    return slot;
  }

  schema_pool pool_;
  std::unordered_map<std::string, schema_node*> types_;
  std::vector<std::pair<schema_node*, std::string>> copies_;
};

const built_in_pool& built_ins() {
  static const built_in_pool pool;
  return pool;
}

// Every object carries these beside the fields of its message.
schema_node with_type_meta(const schema_node& type) {
  static schema_pool strings(1);
  strings.front().what = shape::string;
  auto node = type;
  node.fields["apiVersion"].node = &strings.front();
  node.fields["kind"].node = &strings.front();
  return node;
}

} // namespace

const schema_node* schema_node::field(std::string_view name) const {
  if (auto found = fields.find(name); found != fields.end())
    return found->second.node;
  for (auto& [key, each] : fields)
    if (each.embedded)
      if (auto found = each.node->field(name))
        return found;
  return nullptr;
}

bool fits(const boost::json::value& value, shape what) {
  bool whole = value.is_int64() || value.is_uint64();
  switch (what) {
    case shape::object:
    case shape::map:
      return value.is_object();
    case shape::list:
      return value.is_array();
    case shape::integer:
      return whole;
    case shape::number:
      return value.is_number();
    case shape::boolean:
      return value.is_bool();
    case shape::int_or_string:
      return whole || value.is_string();
    case shape::quantity:
      return value.is_number() || value.is_string();
    case shape::any:
      return true;
    default:
      return value.is_string();
  }
}

const schema_node* built_in_schema(std::string_view kind) {
  static const auto kinds = [] {
    std::map<std::string, schema_node, std::less<>> out;
    for (auto name :
         {"Namespace", "Pod", "Secret", "ConfigMap", "ServiceAccount",
          "PersistentVolumeClaim", "PersistentVolume", "Event", "Node", "Lease",
          "Job", "CronJob", "Role", "RoleBinding", "ClusterRole",
          "ClusterRoleBinding", "DeleteOptions"})
      out.emplace(name, with_type_meta(*built_ins().find(name)));
    return out;
  }();
  auto found = kinds.find(kind);
  return found == kinds.end() ? nullptr : &found->second;
}

const schema_node* metadata_schema() {
  return built_ins().find("ObjectMeta");
}

} // namespace holystone::simulator
