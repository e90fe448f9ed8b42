import Foundation

/// What a registry of the tests does wrong, or in an odd but legal way, to the requests that it is for.
package struct Fault: Sendable {
    package enum Action: Sendable {
        /// Closes the connection before it answers.
        case cutBeforeAnswer
        /// Never answers, while the connection stays open.
        case noAnswer
        /// Sends the head and so many bytes of the body, then closes the connection; the head promises more than that.
        case cutBody(at: Int)
        /// Answers with a status instead, and these headers and this body.
        case status(Int, headers: [(String, String)] = [], body: String = "")
        /// Sends the right answer with another body.
        case body(@Sendable ([UInt8]) -> [UInt8])
        /// Sends the right answer with other or further headers; nil takes one out.
        case headers([(String, String?)])
        /// Answers as if no range had been asked for.
        case ignoreRange
        /// Sends a body without saying how long it is, in chunks that never end.
        case endlessBody
        /// Sends the head and so many bytes, and then nothing more while the connection stays open.
        case silence(after: Int)
        /// Sends the body by pieces of so many bytes with a pause after each.
        case drip(pieces: Int, milliseconds: Int64)
        /// Closes the connection when so many bytes of the request's body have come.
        case cutUpload(after: Int)
        /// Answers with a status before the request's body has come, and closes the connection.
        case earlyStatus(Int)
        /// Redirects.
        case redirect(to: String, status: Int = 307)
    }

    /// Whether it happens while the request is still coming.
    var isEarly: Bool {
        switch action {
        case .cutUpload, .earlyStatus: true
        default: false
        }
    }

    /// Requests of this method; nil for all.
    package var method: String?
    /// Requests whose path contains this.
    package var path: String
    /// How often it happens.
    package var times: Int
    package var action: Action

    package init(_ action: Action, method: String? = nil, path: String = "", times: Int = 1) {
        self.action = action
        self.method = method
        self.path = path
        self.times = times
    }

    func matches(_ request: RecordedRequest) -> Bool {
        times > 0 && (method ?? request.method) == request.method && (path.isEmpty || request.target.contains(path))
    }
}

/// A request that a registry of the tests got.
package struct RecordedRequest: Sendable {
    package let method: String
    /// Path and query as they were sent.
    package let target: String
    /// By name in lower case; of several with one name the last.
    package let headers: [String: String]
    package let body: [UInt8]

    package var path: String { String(target.prefix { $0 != "?" }) }

    /// The first value of a name in the query, decoded.
    package func query(_ name: String) -> String? { queries(name).first }

    package func queries(_ name: String) -> [String] {
        let text = target.drop { $0 != "?" }.dropFirst()
        return RecordedRequest.fields(String(text)).filter { $0.0 == name }.map(\.1)
    }

    /// The fields of a form.
    static func fields(_ text: String) -> [(String, String)] {
        text.split(separator: "&").map { part in
            let name = part.prefix { $0 != "=" }
            let value = part.dropFirst(name.count + 1)
            return (String(name), String(value).removingPercentEncoding ?? String(value))
        }
    }
}
