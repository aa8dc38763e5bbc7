#include "CSimdjson.h"

#include <simdjson.h>

#include <exception>
#include <new>
#include <vector>

namespace dom = simdjson::dom;

struct CSimdjsonParser {
    dom::parser parser;
    std::vector<CSimdjsonNode> nodes;
};

namespace {

CSimdjsonStatus status_of(simdjson::error_code code) {
    switch (code) {
        case simdjson::SUCCESS: return CSIMDJSON_OK;
        case simdjson::NUMBER_ERROR: return CSIMDJSON_NUMBER_RANGE;
        case simdjson::DEPTH_ERROR: return CSIMDJSON_TOO_DEEP;
        case simdjson::CAPACITY:
        case simdjson::MEMALLOC: return CSIMDJSON_NO_SPACE;
        default: return CSIMDJSON_MALFORMED;
    }
}

// The one place where a C++ exception becomes a status.
template <typename Body>
CSimdjsonStatus guarded(Body &&body) noexcept {
    try {
        return body();
    } catch (const simdjson::simdjson_error &error) {
        return status_of(error.error());
    } catch (...) {
        return CSIMDJSON_NO_SPACE;  // only allocations throw here
    }
}

void append_text(std::vector<CSimdjsonNode> &nodes, std::string_view text) {
    CSimdjsonNode node{CSIMDJSON_STRING, static_cast<uint32_t>(text.size()), {}};
    node.text = text.data();
    nodes.push_back(node);
}

// The parser's depth limit bounds the recursion.
void flatten(std::vector<CSimdjsonNode> &nodes, dom::element element) {
    CSimdjsonNode node{CSIMDJSON_NULL, 0, {}};
    switch (element.type()) {
        case dom::element_type::NULL_VALUE: break;
        case dom::element_type::BOOL:
            node.kind = bool(element) ? CSIMDJSON_TRUE : CSIMDJSON_FALSE;
            break;
        case dom::element_type::INT64:
            node.kind = CSIMDJSON_INTEGER;
            node.integer = int64_t(element);
            break;
        case dom::element_type::UINT64:  // only values above INT64_MAX have this type
            node.kind = CSIMDJSON_NUMBER;
            node.number = static_cast<double>(uint64_t(element));
            break;
        case dom::element_type::DOUBLE:
            node.kind = CSIMDJSON_NUMBER;
            node.number = double(element);
            break;
        case dom::element_type::STRING: append_text(nodes, std::string_view(element)); return;
        case dom::element_type::ARRAY: {
            node.kind = CSIMDJSON_LIST;
            size_t place = nodes.size();
            nodes.push_back(node);
            uint32_t count = 0;
            for (dom::element child : dom::array(element)) {
                flatten(nodes, child);
                count += 1;
            }
            nodes[place].count = count;
            return;
        }
        case dom::element_type::OBJECT: {
            node.kind = CSIMDJSON_OBJECT;
            size_t place = nodes.size();
            nodes.push_back(node);
            uint32_t count = 0;
            for (dom::key_value_pair field : dom::object(element)) {
                append_text(nodes, field.key);
                flatten(nodes, field.value);
                count += 1;
            }
            nodes[place].count = count;
            return;
        }
    }
    nodes.push_back(node);
}

}  // namespace

CSimdjsonParser *csimdjson_parser_new(void) { return new (std::nothrow) CSimdjsonParser(); }

void csimdjson_parser_free(CSimdjsonParser *parser) { delete parser; }

CSimdjsonStatus csimdjson_parse(CSimdjsonParser *parser, const uint8_t *bytes, size_t length, size_t readable,
                                const CSimdjsonNode **nodes, size_t *count) {
    return guarded([&] {
        bool needs_copy = readable - length < simdjson::SIMDJSON_PADDING;
        if (parser->parser.max_depth() != CSIMDJSON_MAX_DEPTH || parser->parser.capacity() < length) {
            simdjson::error_code code = parser->parser.allocate(length, CSIMDJSON_MAX_DEPTH);
            if (code) return status_of(code);
        }
        dom::element root;
        simdjson::error_code code = parser->parser.parse(bytes, length, needs_copy).get(root);
        if (code) return status_of(code);
        parser->nodes.clear();
        flatten(parser->nodes, root);
        *nodes = parser->nodes.data();
        *count = parser->nodes.size();
        return CSIMDJSON_OK;
    });
}
