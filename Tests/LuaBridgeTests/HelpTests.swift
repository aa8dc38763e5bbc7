import LyceumKit
import Testing

@testable import LuaBridge

extension BridgeTests {
    /// Help comes from the declarations.
    @Suite struct HelpTests {
        /// What `help` writes for a piece of code.
        private func help(_ code: String) throws -> String {
            let state = try makeState()
            let pages = Pages()
            try state.registerHelp(width: { 80 }, write: { pages.texts.append($0) })
            state.documentation.addTopics {
                [HelpTopic(name: "lesson", summary: "How to begin.") { "Begin at the beginning." }]
            }
            try state.run(code)
            return pages.texts.joined(separator: "\n")
        }

        private final class Pages { var texts: [String] = [] }

        @Test("the page of a function has all its parts")
        func function() throws {
            let page = try help("local alias = probes.make; help(alias)")
            #expect(
                page == """
                    probes.make(label)
                      Makes a probe.

                      label  string  its label

                      returns
                        a probe

                      example
                        p = probes.make "a"
                    """)
        }

        @Test("options are listed with default, range and type")
        func options() throws {
            let page = try help("help 'probes.options'")
            #expect(
                page.contains("batch_size  integer  examples a step (default 16; a whole number from 1 to"))
            #expect(page.contains("input  string        the column (required)"))
        }

        @Test(
            "everything registered has a page",
            arguments: [
                ("help()", "probes  Makes probes."), ("help(probes)", "probes.fail()"),
                ("help(probes.make 'x')", ":greet(whom?)"), ("help 'probe'", ".label"),
                ("help(probes.make('x').greet)", "probe:greet(whom?)"), ("help 'probe:greet'", "Greets."),
                ("help 'probe.label'", "its label"), ("help 'lesson'", "Begin at the beginning."),
                ("help()", "lesson  How to begin."), ("help(help)", "help(what?)"),
            ])
        func pages(code: String, expected: String) throws {
            #expect(try help(code).contains(expected))
        }

        @Test("unknown topics name the nearest one")
        func unknown() throws {
            #expect(message { _ = try help("help 'probes.maek'") }.contains("did you mean 'probes.make'"))
            #expect(message { _ = try help("help(print)") }.contains("no help for this function"))
        }
    }
}
