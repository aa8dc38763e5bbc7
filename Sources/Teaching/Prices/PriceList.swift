import LyceumKit

/// What models cost, by the host of their server and their name: `prices.json`, and what the user's own
/// `prices.json` in Lyceum's configuration folder says next to it or in its place.
///
/// A model that is in neither has no known price, which is not the price 0. Names must be equal: dated snapshots
/// of a model have had other prices.
struct PriceList: Sendable {
    private var servers: [String: [String: TokenPrice]] = [:]
    /// What a reply of a batch costs at a server, as a share of the price.
    private var batchShares: [String: Double] = [:]

    /// The prices that Lyceum brings along.
    static let builtIn: PriceList = {
        // Tested to be readable.
        (try? PriceList(PackageResources.prices_json, name: "prices.json")) ?? PriceList()
    }()

    private init() {}

    /// Reads a list.
    ///
    /// - Parameters:
    ///   - bytes: `{ "host": { "batch": share, "models": { "name": { "input": USD, "output": USD } } } }`, prices
    ///     for a million tokens, `batch` the share of them that batches cost; other keys are for people.
    ///   - name: what to call it in errors.
    /// - Throws: `LyceumError.file` naming the model whose price cannot be read.
    init(_ bytes: [UInt8], name: String) throws {
        func refuse(_ place: String, _ expected: String) -> LyceumError {
            .file(path: name, line: nil, problem: "\(place): expected \(expected)", remedy: nil)
        }
        guard let hosts = try JSON.decode(bytes, name: name).object else {
            throw refuse("the file", "an object of servers")
        }
        for (host, server) in hosts {
            guard let models = server.object?["models"]?.object else {
                throw refuse(host, "an object with 'models'")
            }
            if let batch = server.object?["batch"] {
                guard let share = batch.number, (0...1).contains(share) else {
                    throw refuse("\(host), batch", "what a batch costs, as a share of the price: 0.5")
                }
                batchShares[host] = share
            }
            for (model, price) in models {
                guard let input = price.object?["input"]?.number, input >= 0, input < 1e15,
                    let output = price.object?["output"]?.number, output >= 0, output < 1e15
                else {
                    throw refuse(
                        "\(host), \(model)", "{ \"input\": USD, \"output\": USD } for a million tokens")
                }
                servers[host, default: [:]][model] = TokenPrice(input: input, output: output)
            }
        }
    }

    /// The prices in force.
    ///
    /// - Parameter environment: says where the configuration folder is.
    /// - Throws: `LyceumError.file` if the user's own list cannot be read.
    static func current(_ environment: (String) -> String?) throws -> PriceList {
        guard let path = userPath(environment), Files.exists(path) else { return builtIn }
        var list = builtIn
        let own = try PriceList(Files.read(path), name: path)
        for (host, models) in own.servers {
            list.servers[host, default: [:]].merge(models) { _, own in own }
        }
        list.batchShares.merge(own.batchShares) { _, own in own }
        return list
    }

    /// What a model costs at a server; nil if that is not known.
    ///
    /// - Parameter host: its host, and its port if one was given: "localhost:8000".
    func price(of model: String, at host: String) -> TokenPrice? {
        servers[host]?[model].map { price in
            TokenPrice(input: price.input, output: price.output, batchShare: batchShares[host])
        }
    }

    /// What a reply of a batch costs at a server, as a share of the price; nil if that is not known.
    func batchShare(at host: String) -> Double? { batchShares[host] }

    /// The models whose price at a server is known, sorted.
    func models(at host: String) -> [String] { (servers[host] ?? [:]).keys.sorted() }

    private static func userPath(_ environment: (String) -> String?) -> String? {
        if let folder = environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
            return Files.join(folder, "lyceum/prices.json")
        }
        return environment("HOME").flatMap { $0.isEmpty ? nil : Files.join($0, ".config/lyceum/prices.json") }
    }
}
