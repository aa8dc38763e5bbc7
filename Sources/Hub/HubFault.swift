import HTTP
import LyceumKit

/// What a refusal of the Hub means. Source: huggingface_hub, `utils/_http.py`, `hf_raise_for_status`.
struct HubFault {
    let repository: HubRepository
    let connection: HubConnection

    /// The error for an answer that is not a success.
    ///
    /// - Parameter file: what was asked for; nil is the repository itself.
    func error(_ response: HTTPResponse, file: String? = nil) -> LyceumError {
        let page = connection.settings.endpoint + repository.page
        let named = "\(repository.kind == .dataset ? "the data set" : "the model") '\(repository.id)'"
        switch (response.headers["x-error-code"], response.status) {
        case ("GatedRepo", _):
            return .failed(
                "\(named) is gated: its owner decides who may read it",
                remedy: connection.hasToken
                    ? "ask for access on \(page) with the account of this token"
                    : "ask for access on \(page), then set HF_TOKEN or pass token")
        case ("RevisionNotFound", _):
            return .failed(
                "\(named) has no revision '\(repository.revision)'",
                remedy: "see its branches and tags on \(page)/tree/main")
        case ("EntryNotFound", _):
            return .failed(
                "\(named) has no file '\(file ?? "?")' at revision '\(repository.revision)'",
                remedy: "see its files on \(page)/tree/\(repository.revision), or with hub.files")
        case ("RepoNotFound", _), (_, 401), (_, 404):
            let hidden =
                connection.hasToken
                ? "check the name, and that the account of this token may read it"
                : "check the name; a private or gated one needs HF_TOKEN or token"
            return .failed(
                "\(named) is not on \(connection.settings.endpoint), or not open to you", remedy: hidden)
        case (_, 403):
            return .failed(
                "\(named) may not be read: \(said(response) ?? "access denied")",
                remedy: "check HF_TOKEN and the access that \(page) grants")
        case (_, let status):
            return .failed(
                "\(connection.settings.endpoint) answers \(status) for \(file.map { "'\($0)' of " } ?? "")\(named)"
                    + (said(response).map { ": \($0)" } ?? ""),
                remedy: status == 429 ? "wait a while, or set HF_TOKEN" : "try again later")
        }
    }

    /// What the server says about it, in one short line.
    private func said(_ response: HTTPResponse) -> String? {
        let text =
            response.headers["x-error-message"]
            ?? (try? JSON.decode(response.body, name: "answer").object?["error"]?.string).flatMap(\.self)
        guard let line = text?.split(whereSeparator: \.isNewline).first else { return nil }
        return connection.withoutToken(String(line.prefix(200)))
    }
}
