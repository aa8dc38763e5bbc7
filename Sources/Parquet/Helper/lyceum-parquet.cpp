// lyceum-parquet: Parquet and Arrow IPC files as a plain column stream on a pipe, and back.
//
//   lyceum-parquet read parquet|arrow FILE [column=NAME …] [group=N …]     the stream goes to standard output
//   lyceum-parquet write parquet|arrow [compression=NAME] [rows=N]         stream on standard input, file on output
//
// A program of its own, so that libarrow and libtorch never share a process and a damaged file ends this one only.
//
// The stream, little-endian: "LYC1", then frames. 'H': u32 length and JSON {"rows", "groups", "columns"}; 'B': u64
// rows and one node a column; 'E': the end. A stream without it broke off: standard error says why. What is written
// has a header of u32 columns, each u32 length and name.
// A node: u8 tag, u8 whether nulls follow, u64 count, one byte a value (1 is valid) if they do, then by tag
//   0 nothing; 1 Booleans, a byte each; 2 int64; 3 double; 4 texts: count + 1 int64 offsets and the bytes;
//   5 lists: count + 1 int64 offsets and a node; 6 structs: u32 fields, each u32 length, name and node.
#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <arrow/io/api.h>
#include <arrow/ipc/api.h>
#include <arrow/util/base64.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <iostream>
#include <limits>
#include <stdexcept>

namespace {
using arrow::Array;
using ArrayPointer = std::shared_ptr<Array>;
using Strings = std::vector<std::string>;

[[noreturn]] void fail(const std::string &text) { throw std::runtime_error(text); }
void check(const arrow::Status &status) {
    if (!status.ok()) fail(status.message());
}
template <typename T> T check(arrow::Result<T> result) {
    check(result.status());
    return std::move(result).ValueUnsafe();
}

enum Tag : uint8_t { kNull, kBool, kInteger, kNumber, kText, kList, kStruct };
constexpr size_t kMostDepth = 64;  // of lists in lists
constexpr int64_t kBatchBytes = 16 << 20;
constexpr int64_t kMostRows = 16384;

// --- writing the stream -------------------------------------------------------------------------------------
class Output {
  public:
    void put(const void *bytes, size_t count) {
        if (count > 1 << 16) {
            flush();
            write(bytes, count);
            return;
        }
        auto start = static_cast<const char *>(bytes);
        buffer.insert(buffer.end(), start, start + count);
        if (buffer.size() > 1 << 18) flush();
    }
    template <typename T> void put(T value) { put(&value, sizeof value); }
    void put(char frame, const std::string &text) {
        put(frame);
        put(static_cast<uint32_t>(text.size()));
        put(text.data(), text.size());
    }
    void flush() {
        write(buffer.data(), buffer.size());
        buffer.clear();
    }

  private:
    static void write(const void *bytes, size_t count) {
        auto next = static_cast<const char *>(bytes);
        while (count > 0) {
            ssize_t done = ::write(1, next, count);
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) _exit(1);  // nobody reads any more
            next += done;
            count -= done;
        }
    }
    std::vector<char> buffer;
};

std::string quoted(const std::string &text) {
    std::string result = "\"";
    for (unsigned char c : text) {
        char code[8];
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (c < 0x20) {
            snprintf(code, sizeof code, "\\u%04x", c);
            result += code;
        } else {
            result += c;
        }
    }
    return result + "\"";
}

ArrayPointer cast(const ArrayPointer &array, const std::shared_ptr<arrow::DataType> &type) {
    return check(arrow::compute::Cast(*array, type, arrow::compute::CastOptions::Unsafe()));
}

void putHead(Output &out, Tag tag, const Array &array) {
    out.put<uint8_t>(tag);
    bool hasNulls = tag != kNull && array.null_count() > 0;
    out.put<uint8_t>(hasNulls);
    out.put<uint64_t>(array.length());
    if (!hasNulls) return;
    std::vector<uint8_t> valid(array.length());
    for (int64_t i = 0; i < array.length(); i++) valid[i] = array.IsValid(i);
    out.put(valid.data(), valid.size());
}

template <typename A> void putTexts(Output &out, const A &array) {
    putHead(out, kText, array);
    std::vector<int64_t> offsets(array.length() + 1);
    int64_t base = array.length() ? array.value_offset(0) : 0;
    for (int64_t i = 0; i < array.length(); i++) offsets[i + 1] = array.value_offset(i + 1) - base;
    out.put(offsets.data(), offsets.size() * sizeof(int64_t));
    if (offsets.back() > 0) out.put(array.value_data()->data() + base, offsets.back());
}

void putNode(Output &out, const ArrayPointer &array, const std::string &name, size_t depth = 0);

template <typename A> void putLists(Output &out, const A &array, const std::string &name, size_t depth) {
    putHead(out, kList, array);
    std::vector<int64_t> offsets(array.length() + 1);
    int64_t base = array.length() ? array.value_offset(0) : 0;
    for (int64_t i = 0; i < array.length(); i++) offsets[i + 1] = array.value_offset(i) + array.value_length(i) - base;
    out.put(offsets.data(), offsets.size() * sizeof(int64_t));
    putNode(out, array.values()->Slice(base, offsets.back()), name, depth + 1);
}

void putNode(Output &out, const ArrayPointer &array, const std::string &name, size_t depth) {
    if (depth > kMostDepth) fail("column '" + name + "' is nested too deeply");
    switch (array->type_id()) {
    case arrow::Type::NA: return putHead(out, kNull, *array);
    case arrow::Type::BOOL: {
        putHead(out, kBool, *array);
        auto &values = static_cast<const arrow::BooleanArray &>(*array);
        std::vector<uint8_t> bytes(array->length());
        for (int64_t i = 0; i < array->length(); i++) bytes[i] = values.IsValid(i) && values.Value(i);
        return out.put(bytes.data(), bytes.size());
    }
    case arrow::Type::INT64: {
        putHead(out, kInteger, *array);
        return out.put(static_cast<const arrow::Int64Array &>(*array).raw_values(), array->length() * 8);
    }
    case arrow::Type::DOUBLE: {
        putHead(out, kNumber, *array);
        return out.put(static_cast<const arrow::DoubleArray &>(*array).raw_values(), array->length() * 8);
    }
    case arrow::Type::INT8: case arrow::Type::INT16: case arrow::Type::INT32: case arrow::Type::UINT8:
    case arrow::Type::UINT16: case arrow::Type::UINT32: case arrow::Type::DURATION:
        return putNode(out, cast(array, arrow::int64()), name, depth);
    case arrow::Type::UINT64: {
        auto &values = static_cast<const arrow::UInt64Array &>(*array);
        bool fits = true;
        for (int64_t i = 0; i < array->length(); i++) fits = fits && (values.IsNull(i) || values.Value(i) >> 63 == 0);
        return putNode(out, cast(array, fits ? arrow::int64() : arrow::float64()), name, depth);
    }
    case arrow::Type::HALF_FLOAT: case arrow::Type::FLOAT:
        return putNode(out, cast(array, arrow::float64()), name, depth);
    case arrow::Type::STRING: return putTexts(out, static_cast<const arrow::StringArray &>(*array));
    case arrow::Type::LARGE_STRING: return putTexts(out, static_cast<const arrow::LargeStringArray &>(*array));
    case arrow::Type::STRING_VIEW: case arrow::Type::DATE32: case arrow::Type::DATE64: case arrow::Type::TIME32:
    case arrow::Type::TIME64: case arrow::Type::TIMESTAMP: case arrow::Type::DECIMAL32: case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128: case arrow::Type::DECIMAL256:
        return putNode(out, cast(array, arrow::large_utf8()), name, depth);
    case arrow::Type::BINARY_VIEW: case arrow::Type::LARGE_BINARY: case arrow::Type::FIXED_SIZE_BINARY:
        return putNode(out, cast(array, arrow::binary()), name, depth);
    case arrow::Type::BINARY: {  // bytes are not text: base64, as JSON has them
        auto &values = static_cast<const arrow::BinaryArray &>(*array);
        arrow::LargeStringBuilder builder;
        for (int64_t i = 0; i < array->length(); i++) {
            check(values.IsNull(i) ? builder.AppendNull() : builder.Append(arrow::util::base64_encode(values.GetView(i))));
        }
        return putNode(out, check(builder.Finish()), name, depth);
    }
    case arrow::Type::DICTIONARY: {
        auto &type = static_cast<const arrow::DictionaryType &>(*array->type());
        return putNode(out, cast(array, type.value_type()), name, depth);
    }
    case arrow::Type::LIST: return putLists(out, static_cast<const arrow::ListArray &>(*array), name, depth);
    case arrow::Type::MAP: return putLists(out, static_cast<const arrow::MapArray &>(*array), name, depth);
    case arrow::Type::LARGE_LIST: return putLists(out, static_cast<const arrow::LargeListArray &>(*array), name, depth);
    case arrow::Type::FIXED_SIZE_LIST:
        return putLists(out, static_cast<const arrow::FixedSizeListArray &>(*array), name, depth);
    case arrow::Type::STRUCT: {
        auto &values = static_cast<const arrow::StructArray &>(*array);
        putHead(out, kStruct, *array);
        out.put<uint32_t>(values.num_fields());
        for (int i = 0; i < values.num_fields(); i++) {
            auto &field = array->type()->field(i)->name();
            out.put<uint32_t>(field.size());
            out.put(field.data(), field.size());
            putNode(out, values.field(i), name, depth + 1);
        }
        return;
    }
    case arrow::Type::EXTENSION:
        return putNode(out, static_cast<const arrow::ExtensionArray &>(*array).storage(), name, depth);
    default: fail("column '" + name + "' is of the type " + array->type()->ToString() + ", which cannot be read");
    }
}

void putBatches(Output &out, arrow::RecordBatchReader &reader, int64_t rows, bool isUntrusted) {
    while (true) {
        std::shared_ptr<arrow::RecordBatch> whole;
        check(reader.ReadNext(&whole));
        if (!whole) return;
        if (isUntrusted) check(whole->ValidateFull());
        for (int64_t start = 0; start < whole->num_rows(); start += rows) {
            auto batch = whole->Slice(start, rows);
            out.put('B');
            out.put<uint64_t>(batch->num_rows());
            for (int i = 0; i < batch->num_columns(); i++) putNode(out, batch->column(i), batch->column_name(i));
            out.flush();
        }
    }
}

std::vector<int> chosen(const arrow::Schema &schema, const Strings &names) {
    std::vector<int> places;
    for (auto &name : names) {
        int place = schema.GetFieldIndex(name);
        if (place < 0) {
            std::string known;
            for (auto &field : schema.field_names()) known += (known.empty() ? "" : ", ") + field;
            fail("no column '" + name + "'; the columns are " + known);
        }
        places.push_back(place);
    }
    if (names.empty()) for (int i = 0; i < schema.num_fields(); i++) places.push_back(i);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
}

std::vector<int> chosen(int count, const std::vector<int64_t> &numbers) {
    std::vector<int> groups;
    for (int64_t number : numbers) {
        if (number < 1 || number > count) {
            fail("no row group " + std::to_string(number) + "; it has " + std::to_string(count));
        }
        groups.push_back(static_cast<int>(number - 1));
    }
    if (numbers.empty()) for (int i = 0; i < count; i++) groups.push_back(i);
    return groups;
}

void putHeader(Output &out, int64_t rows, int groups, const arrow::Schema &schema, const std::vector<int> &columns) {
    std::string json = "{\"rows\":" + std::to_string(rows) + ",\"groups\":" + std::to_string(groups) + ",\"columns\":[";
    for (size_t i = 0; i < columns.size(); i++) json += (i ? "," : "") + quoted(schema.field(columns[i])->name());
    out.put('H', json + "]}");
}

void readParquet(Output &out, const std::string &path, const Strings &names, const std::vector<int64_t> &numbers) {
    parquet::ReaderProperties properties;
    properties.enable_buffered_stream();  // pages, not whole row groups
    parquet::ArrowReaderProperties options(true);
    options.set_pre_buffer(false);
    parquet::arrow::FileReaderBuilder builder;
    check(builder.OpenFile(path, false, properties));
    auto metadata = builder.raw_reader()->metadata();
    auto groups = chosen(metadata->num_row_groups(), numbers);
    int64_t bytes = 0, rows = 0;
    for (int group : groups) {
        bytes += metadata->RowGroup(group)->total_byte_size();
        rows += metadata->RowGroup(group)->num_rows();
    }
    int64_t perRow = rows > 0 ? std::max<int64_t>(1, bytes / rows) : 1;
    int64_t batch = std::clamp<int64_t>(kBatchBytes / perRow, 1, kMostRows);
    options.set_batch_size(batch);
    std::unique_ptr<parquet::arrow::FileReader> reader;
    check(builder.properties(options)->Build(&reader));
    std::shared_ptr<arrow::Schema> schema;
    check(reader->GetSchema(&schema));
    auto columns = chosen(*schema, names);
    std::vector<int> leaves;
    std::function<void(const parquet::arrow::SchemaField &)> collect = [&](const parquet::arrow::SchemaField &field) {
        if (field.column_index >= 0) leaves.push_back(field.column_index);
        for (auto &child : field.children) collect(child);
    };
    for (int column : columns) collect(reader->manifest().schema_fields[column]);
    putHeader(out, rows, metadata->num_row_groups(), *schema, columns);
    auto batches = check(reader->GetRecordBatchReader(groups, leaves));
    putBatches(out, *batches, batch, false);
}

void readArrow(Output &out, const std::string &path, const Strings &names, const std::vector<int64_t> &numbers) {
    auto file = check(arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ));
    auto start = check(file->ReadAt(0, 6));
    bool isFile = start->size() == 6 && memcmp(start->data(), "ARROW1", 6) == 0;
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    if (!isFile) {  // the stream format, which `datasets` writes
        if (!numbers.empty()) fail("it is an Arrow stream, which has no row groups to choose from");
        auto schema = check(arrow::ipc::RecordBatchStreamReader::Open(file))->schema();
        options.included_fields = chosen(*schema, names);
        check(file->Seek(0));
        putHeader(out, -1, 1, *schema, options.included_fields);
        auto reader = check(arrow::ipc::RecordBatchStreamReader::Open(file, options));
        return putBatches(out, *reader, kMostRows, true);
    }
    auto schema = check(arrow::ipc::RecordBatchFileReader::Open(file))->schema();
    options.included_fields = chosen(*schema, names);
    auto reader = check(arrow::ipc::RecordBatchFileReader::Open(file, options));
    auto groups = chosen(reader->num_record_batches(), numbers);
    putHeader(out, -1, reader->num_record_batches(), *schema, options.included_fields);
    for (int group : groups) {
        auto batch = check(reader->ReadRecordBatch(group));
        auto one = check(arrow::RecordBatchReader::Make({batch}, batch->schema()));
        putBatches(out, *one, kMostRows, true);
    }
}

// --- reading the stream -------------------------------------------------------------------------------------
void take(void *bytes, size_t count) {
    if (fread(bytes, 1, count, stdin) != count) fail("the stream ends early");
}
template <typename T> T take() {
    T value;
    take(&value, sizeof value);
    return value;
}
std::shared_ptr<arrow::Buffer> takeBuffer(uint64_t count) {
    if (count > 1ull << 40) fail("the stream is damaged");
    auto buffer = check(arrow::AllocateBuffer(count));
    take(buffer->mutable_data(), count);
    return buffer;
}
std::shared_ptr<arrow::Buffer> takeBits(uint64_t count) {
    std::vector<uint8_t> bytes(count);
    take(bytes.data(), count);
    auto bits = check(arrow::AllocateEmptyBitmap(count));
    for (uint64_t i = 0; i < count; i++) if (bytes[i]) bits->mutable_data()[i / 8] |= 1 << (i % 8);
    return bits;
}
std::shared_ptr<arrow::Buffer> takeOffsets(uint64_t count) {
    auto buffer = check(arrow::AllocateBuffer((count + 1) * 4));
    auto offsets = reinterpret_cast<int32_t *>(buffer->mutable_data());
    for (uint64_t i = 0; i <= count; i++) {
        auto offset = take<int64_t>();
        if (offset < 0 || offset > std::numeric_limits<int32_t>::max()) fail("a row is larger than 2 GiB");
        offsets[i] = static_cast<int32_t>(offset);
    }
    return buffer;
}

ArrayPointer takeNode() {
    auto tag = take<uint8_t>();
    bool hasNulls = take<uint8_t>();
    auto count = take<uint64_t>();
    if (count > 1ull << 40) fail("the stream is damaged");
    auto valid = hasNulls ? takeBits(count) : nullptr;
    int64_t nulls = hasNulls ? arrow::kUnknownNullCount : 0;
    switch (tag) {
    case kNull: return std::make_shared<arrow::NullArray>(count);
    case kBool: return std::make_shared<arrow::BooleanArray>(count, takeBits(count), valid, nulls);
    case kInteger: return std::make_shared<arrow::Int64Array>(count, takeBuffer(count * 8), valid, nulls);
    case kNumber: return std::make_shared<arrow::DoubleArray>(count, takeBuffer(count * 8), valid, nulls);
    case kText: {
        auto offsets = takeOffsets(count);
        auto end = reinterpret_cast<const int32_t *>(offsets->data())[count];
        return std::make_shared<arrow::StringArray>(count, offsets, takeBuffer(end), valid, nulls);
    }
    case kList: {
        auto offsets = takeOffsets(count);
        auto values = takeNode();
        return std::make_shared<arrow::ListArray>(arrow::list(values->type()), count, offsets, values, valid, nulls);
    }
    case kStruct: {
        auto fields = take<uint32_t>();
        arrow::FieldVector types;
        arrow::ArrayVector values;
        for (uint32_t i = 0; i < fields; i++) {
            std::string name(take<uint32_t>(), 0);
            take(name.data(), name.size());
            values.push_back(takeNode());
            types.push_back(arrow::field(name, values.back()->type()));
        }
        return std::make_shared<arrow::StructArray>(arrow::struct_(types), count, values, valid, nulls);
    }
    default: fail("the stream is damaged");
    }
}

/// Standard output as a file that is written from its start to its end.
class StandardOutput : public arrow::io::OutputStream {
  public:
    arrow::Status Write(const void *bytes, int64_t count) override {
        if (fwrite(bytes, 1, count, stdout) != static_cast<size_t>(count)) return arrow::Status::IOError("write");
        position += count;
        return arrow::Status::OK();
    }
    arrow::Status Close() override { return fflush(stdout) == 0 ? arrow::Status::OK() : arrow::Status::IOError("write"); }
    arrow::Result<int64_t> Tell() const override { return position; }
    bool closed() const override { return false; }

  private:
    int64_t position = 0;
};

void write(bool isParquet, const std::string &compression, int64_t rows) {
    char magic[4];
    take(magic, sizeof magic);
    if (memcmp(magic, "LYC1", 4) != 0 || take<char>() != 'H') fail("the stream is damaged");
    Strings names;
    auto count = take<uint32_t>();
    for (uint32_t i = 0; i < count; i++) {
        std::string name(take<uint32_t>(), 0);
        take(name.data(), name.size());
        names.push_back(name);
    }
    auto codec = check(arrow::util::Codec::GetCompressionType(compression == "none" ? "uncompressed" : compression));
    if (isParquet && compression == "lz4") codec = arrow::Compression::LZ4;  // Parquet's LZ4_RAW
    auto sink = std::make_shared<StandardOutput>();
    std::unique_ptr<parquet::arrow::FileWriter> parquetFile;
    std::shared_ptr<arrow::ipc::RecordBatchWriter> arrowFile;
    while (take<char>() == 'B') {
        auto length = take<uint64_t>();
        arrow::ArrayVector arrays;
        arrow::FieldVector fields;
        for (auto &name : names) {
            arrays.push_back(takeNode());
            fields.push_back(arrow::field(name, arrays.back()->type()));
        }
        auto schema = arrow::schema(fields);
        auto batch = arrow::RecordBatch::Make(schema, length, arrays);
        check(batch->Validate());
        if (isParquet) {
            if (!parquetFile) {
                auto properties = parquet::WriterProperties::Builder().compression(codec)->max_row_group_length(rows)->build();
                auto options = parquet::ArrowWriterProperties::Builder().store_schema()->build();
                parquetFile = check(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), sink, properties, options));
            }
            check(parquetFile->WriteRecordBatch(*batch));
        } else {
            if (!arrowFile) {
                auto options = arrow::ipc::IpcWriteOptions::Defaults();
                if (compression == "zstd" || compression == "lz4") {
                    options.codec = check(arrow::util::Codec::Create(compression == "lz4" ? arrow::Compression::LZ4_FRAME : codec));
                } else if (compression != "none") {
                    fail("Arrow files are compressed with zstd, lz4 or none, not with " + compression);
                }
                arrowFile = check(arrow::ipc::MakeFileWriter(sink, schema, options));
            }
            check(arrowFile->WriteRecordBatch(*batch));
        }
    }
    if (parquetFile) check(parquetFile->Close());
    if (arrowFile) check(arrowFile->Close());
    check(sink->Close());
}

std::string value(const std::string &argument, const char *name) {
    std::string start = std::string(name) + "=";
    return argument.compare(0, start.size(), start) == 0 ? argument.substr(start.size()) : "";
}
}  // namespace

int main(int count, char **arguments) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (count < 3) {
        std::cerr << "lyceum-parquet is run by Lyceum; see the head of its source\n";
        return 2;
    }
    std::string verb = arguments[1], format = arguments[2], compression = "zstd";
    Strings columns;
    std::vector<int64_t> groups;
    int64_t rows = 8192;
    Output out;
    try {
        for (int i = verb == "read" ? 4 : 3; i < count; i++) {
            std::string argument = arguments[i];
            if (auto text = value(argument, "compression"); !text.empty()) compression = text;
            if (auto text = value(argument, "rows"); !text.empty()) rows = std::stoll(text);
            if (auto text = value(argument, "group"); !text.empty()) groups.push_back(std::stoll(text));
            if (argument.compare(0, 7, "column=") == 0) columns.push_back(argument.substr(7));
        }
        if (verb == "write") {
            write(format == "parquet", compression, rows);
            return 0;
        }
        out.put("LYC1", 4);
        if (format == "parquet") readParquet(out, arguments[3], columns, groups);
        else readArrow(out, arguments[3], columns, groups);
        out.put('E');
        out.flush();
        return 0;
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
