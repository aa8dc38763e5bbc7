import GRDB
import Glibc
import LyceumKit
import Testing

@testable import Lab

/// SQL and labs that nobody has read can do no harm.
/// One after the other: SQLite counts the memory of all queries of a process together.
@Suite(.serialized) struct QueryTests {
    private let folder = TemporaryFolder()

    private func lab() throws -> LabStore {
        let lab = LabStore(folder: folder.lab)
        try lab.keep([newReply(1), newReply(2)])
        return lab
    }

    @Test(
        "what a query may not do is an error that says so",
        arguments: [
            // A native pointer in, an address out.
            "select fts3_tokenizer('simple', x'4141414141414141')", "select fts3_tokenizer('simple')",
            "select hex(FTS3_Tokenizer('simple'))", "select \"fts3_tokenizer\"('porter')",
            "with a as (select fts3_tokenizer('simple') as x) select x from a",
            "explain select fts3_tokenizer('simple')",
            "select 1 where fts3_tokenizer('simple') is not null", "select load_extension('/tmp/x.so')",
            "select readfile('/etc/passwd')", "select writefile('/tmp/x', 'y')", "select sqlite_log(1, 'x')",
            "select json_patch('{}', '{}')", "select match('a', 'b')", "select rtreecheck('x')",
            // Other tables and settings.
            "select * from pragma_database_list", "select * from pragma_compile_options",
            "select * from pragma_writable_schema", "select * from dbstat", "select * from fts3_no_such",
            "select * from sqlite_dbpage", "select * from bytecode('select 1')",
            // Writing, in all its forms.
            "with a as (select 1) delete from replies",
            "with a as (select 1) insert into runs default values",
            "explain delete from replies; select 1", "select 1; delete from replies", "select 1; select 2",
            "delete from replies", "attach ':memory:' as x", "pragma writable_schema = on",
            "vacuum into '/tmp/x'",
            "create temp table x (y)", "begin", "reindex", "", "update sqlite_master set sql = ''",
            "with a as (select 1) update sqlite_master set sql = ''",
        ])
    func refused(query: String) throws {
        let lab = try lab()
        let text = try #require(message { _ = try lab.sql(query) })
        #expect(!text.contains("database reports"), "\(text)")
        #expect(try lab.sql("select count(*) from replies").rows == [[2]])
    }

    @Test(
        "values and time have bounds",
        arguments: [
            "select zeroblob(1000000000)", "select randomblob(1000000000)", "select hex(zeroblob(60000000))",
            "select printf('%1000000000d', 1)", "select format('%70000000d', 1)",
            "select printf('%s%s', hex(zeroblob(30000000)), hex(zeroblob(30000000)))",
            "select length(printf('%.*c', 1000000000, 'x'))", "select printf('%40000000s%40000000s', 1, 2)",
            "select replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000000)))",
            "select group_concat(hex(zeroblob(1000000))) from (with recursive c(x) as (values (1) union all select x + 1 "
                + "from c limit 100) select x from c)",
            "with recursive c(x) as (values (1) union all select x + 1 from c) select hex(zeroblob(1000000)) from c",
            "with recursive c(x) as (values (zeroblob(9)) union select randomblob(30000000) from c) select count(*) from c",
            "select " + String(repeating: "(", count: 5_000) + "1" + String(repeating: ")", count: 5_000),
            "select 1" + String(repeating: " union all select 1", count: 5_000),
            "select 'x' like '" + String(repeating: "%a", count: 1_000) + "'",
        ])
    func bounded(query: String) throws {
        let lab = try lab()
        let text = try #require(message { _ = try lab.sql(query) })
        #expect(
            text.contains("larger than 64 MiB") || text.contains("MiB") || text.contains("cannot be run"),
            "\(text)")
        #expect(try lab.sql("select 1").rows == [[1]])
    }

    /// In SQLite each of these takes hours, in one step that nothing can interrupt.
    @Test(
        "searching in texts takes linear time",
        arguments: [
            "select instr(zeroblob(40000000), zeroblob(20000000) || x'01')",
            "select length(replace(hex(zeroblob(20000000)), substr(hex(zeroblob(20000000)), 1, 10000000) || '1', ''))",
            "select length(trim(hex(zeroblob(20000000)), replace(hex(zeroblob(10000000)), '0', '1') || '2'))",
        ])
    func linear(query: String) throws { #expect(try lab().sql(query).rows.count == 1) }

    @Test("instr, replace and trim give what SQLite's own give")
    func sameResults() throws {
        let lab = try lab()
        let texts: [Value] = [
            "", "a", "abc", "aaa", "naïve 文字", "文", " x ", "\u{1F600}é\u{1F600}", 12, 1.5, .null, "ab\u{301}",
            "ba",
        ]
        let plain = try DatabaseQueue()
        for a in texts {
            for b in texts {
                for sql in [
                    "select instr(?, ?)", "select trim(?, ?)", "select ltrim(?, ?)", "select rtrim(?, ?)",
                    "select replace(?, ?, '<文>')", "select instr(cast(? as blob), cast(? as blob))",
                ] {
                    let expected = try plain.read { db in
                        try Row.fetchOne(db, sql: sql, arguments: [stored(a), stored(b)])
                    }
                    let row = try lab.sql(sql, arguments: [a, b]).rows.first?.first
                    #expect(row.map(stored) == expected?[0] as DatabaseValue?, "\(sql) \(a) \(b)")
                }
            }
        }
    }

    @Test("printf and format give what SQLite's own give")
    func formatted() throws {
        let lab = try lab()
        let row = try lab.sql(
            "select printf('%5.2f|%-4s|%%|%05d|%s', 2.5, 'é', 7, null), format('%d %q', '12', 'it''s'), printf('%s', ''), "
                + "printf(null), printf(12), length(printf('%1000000d', 1)), printf(), format('a', 1, 2)"
        ).rows
        #expect(row == [[" 2.50|é  |%|00007|", "12 it''s", "", .null, "12", 1_000_000, .null, "a"]])
    }

    private func stored(_ value: Value) -> DatabaseValue {
        switch value {
        case .string(let text): text.databaseValue
        case .integer(let number): number.databaseValue
        case .number(let number): number.databaseValue
        default: .null
        }
    }

    @Test(
        "what researchers ask works",
        arguments: [
            "select count(*), max(id) from runs", "select name, sql from sqlite_master", "values (1), (2)",
            "select model, count(*) as n from replies group by model having n > 0 order by n desc limit 3",
            "with recursive c(x) as (values (1) union all select x + 1 from c limit 1000) select sum(x) from c",
            "select row_number() over (order by key) as n, substr(text, 1, 3) from replies",
            "select value from json_each('[1,2]')",
            "select json_extract('{\"a\": 2}', '$.a'), '{\"a\": 2}' ->> 'a'",
            "select name from pragma_table_info('runs')",
            "select strftime('%Y', 'now'), round(1.25, 1), ln(2)",
            "explain query plan select * from runs", "select 1; -- a comment",
            "select text like '%answer%' from replies",
        ])
    func allowed(query: String) throws {
        let result = try lab().sql(query)
        #expect(!result.columns.isEmpty)
    }

    @Test("a wrong number of values is an error")
    func values() throws {
        let lab = try lab()
        #expect(message { _ = try lab.sql("select ?") }?.contains("expected 1 value, one for each ?") == true)
        #expect(
            message { _ = try lab.sql("select 1", arguments: [1]) }?.contains("expected 0 values") == true)
        #expect(
            message { _ = try lab.sql("select ?", arguments: [.list([])]) }?.contains("argument 1") == true)
        #expect(try lab.sql("select ?, ?", arguments: [true, .null]).rows == [[1, .null]])
    }

    @Test("Ctrl-C ends a query without end")
    func interrupted() async throws {
        let path = folder.lab
        try LabStore(folder: path).keep([newReply(1)])
        await #expect(processExitsWith: .success) { [path = path as String] in
            let lab = LabStore(folder: path)
            signal(SIGALRM) { _ in Interrupt.raise() }
            Interrupt.prepare()
            alarm(1)
            let text = message {
                _ = try lab.sql(
                    "with recursive c(x) as (values (1) union all select x + 1 from c) select count(*) from c"
                )
            }
            #expect(text?.contains("interrupted") == true)
            // What is kept after an interrupt is kept.
            try lab.keep([newReply(2)])
            Interrupt.clear()
            let rows = try lab.sql("select count(*) from replies").rows
            #expect(rows == [[2]])
        }
    }

    // MARK: Hostile labs

    @Test("triggers, views and virtual tables of a lab do nothing")
    func hostileSchema() throws {
        let lab = try lab()
        let queue = try DatabaseQueue(path: lab.path)
        try queue.write { db in
            try db.execute(
                sql: """
                    create trigger t after insert on replies begin delete from replies; end;
                    create view v as select * from replies;
                    create virtual table f using fts4(x); insert into f values ('word');
                    """)
        }
        try queue.close()
        let again = LabStore(folder: folder.lab)
        try again.keep([newReply(3)])
        #expect(try again.sql("select count(*) from replies").rows == [[3]])
        for query in ["select * from v", "select * from f", "select * from f where f match 'word'"] {
            #expect(message { _ = try again.sql(query) } != nil, "\(query)")
        }
    }

    @Test("a lab is a regular file of its folder")
    func places() throws {
        let lab = try lab()
        try lab.finishRun(try lab.startRun(RunStart(kind: .train, title: "t5")), .finished)
        let outside = folder.file("outside")
        try Files.makeFolder(outside)
        try LabStore(folder: outside).keep([newReply(1)])
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let hostile = folder.file("hostile\(suffix)")
            try Files.makeFolder(hostile)
            let file = hostile + "/lab.sqlite" + suffix
            if !suffix.isEmpty {
                try Files.write(Files.read(outside + "/lab.sqlite"), to: hostile + "/lab.sqlite")
            }
            func check(_ what: String) {
                let store = LabStore(folder: hostile)
                let texts = [
                    message { _ = try store.runs() }, message { _ = try store.sql("select 1") },
                    message { try store.keep([newReply(2)]) },
                ]
                #expect(texts.allSatisfy { $0?.contains(what) == true }, "\(suffix) \(texts)")
                unlink(file)
            }
            mkfifo(file, 0o600)
            check("not a regular file")
            symlink("/dev/zero", file)
            check("link out of the lab's folder")
            symlink(outside + "/lab.sqlite", file)
            check("link out of the lab's folder")
            mkdir(file, 0o700)
            check("not a regular file")
            rmdir(file)
        }
        #expect(try LabStore(folder: outside).sql("select count(*) from replies").rows == [[1]])
    }
}
