import Bytes
import OCI
import Synchronization

extension LoopbackRegistry {
    /// Records a request and answers it, with the first fault that is for it.
    func answer(to request: RecordedRequest) -> LoopbackAnswer {
        state.withLock { state in
            state.requests.append(request)
            var fault: Fault?
            if let index = state.faults.firstIndex(where: { !$0.isEarly && $0.matches(request) }) {
                state.faults[index].times -= 1
                fault = state.faults[index]
            }
            if case .status(let status, let headers, let body)? = fault?.action {
                if (200..<300).contains(status), request.method != "GET" { state.hasLied = true }
                return LoopbackAnswer(status, headers: headers, body: Array(body.utf8))
            }
            if case .redirect(let target, let status)? = fault?.action {
                if request.method != "GET" { state.hasLied = true }
                return LoopbackAnswer(status, headers: [("Location", target)])
            }
            var ignoresRange = false
            if case .ignoreRange? = fault?.action { ignoresRange = true }
            let answer = refusal(of: request, state) ?? right(request, &state, ignoresRange)
            return fault.map { changed(answer, by: $0.action) } ?? answer
        }
    }

    /// The fault that a request meets before it has come as a whole.
    func earlyFault(of request: RecordedRequest) -> Fault.Action? {
        state.withLock { state in
            guard let index = state.faults.firstIndex(where: { $0.isEarly && $0.matches(request) }) else { return nil }
            state.faults[index].times -= 1
            state.requests.append(request)
            return state.faults[index].action
        }
    }

    private func changed(_ answer: LoopbackAnswer, by action: Fault.Action) -> LoopbackAnswer {
        var answer = answer
        switch action {
        case .status, .redirect, .ignoreRange, .cutUpload, .earlyStatus: break
        case .cutBeforeAnswer: answer.ending = .cutBeforeHead
        case .noAnswer: answer.ending = .nothing
        case .cutBody(let count):
            answer.ending = .cut(at: count)
            answer.declaredLength = max(answer.body.count, count + 1)
        case .body(let change):
            answer.body = change(answer.body)
            answer.declaredLength = answer.body.count
        case .headers(let headers):
            for (name, value) in headers {
                answer.headers.removeAll { $0.0.lowercased() == name.lowercased() }
                if let value { answer.headers.append((name, value)) }
            }
        case .endlessBody: answer.ending = .endless
        case .silence(let count):
            answer.ending = .silence(after: count)
            answer.declaredLength = max(answer.body.count, count + 1)
        case .drip(let count, let milliseconds): answer.ending = .drip(pieces: count, milliseconds: milliseconds)
        }
        return answer
    }

    private func right(_ request: RecordedRequest, _ state: inout State, _ ignoresRange: Bool) -> LoopbackAnswer {
        if let file = state.files[request.path] { return file.answer(to: request, ignoresRange) }
        if request.path == "/token" { return token(request, state) }
        if request.path == "/v2/" || request.path == "/v2" { return LoopbackAnswer(200) }
        if request.path == "/v1/search" { return search(request) }
        if request.path == "/v2/_catalog" {
            let names = state.manifests.keys.map { $0.split(separator: "/").dropLast().joined(separator: "/") }
            let list = JSONValue.array(Set(names).sorted().map { .string($0) })
            return LoopbackAnswer(200, body: (["repositories": list] as JSONValue).compact)
        }
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.first == "v2" else { return .error(404, "NOT_FOUND") }
        if let place = parts.lastIndex(of: "manifests"), place == parts.count - 2 {
            let repository = parts[1..<place].joined(separator: "/")
            return manifest(request, repository, parts[place + 1], &state)
        }
        if let place = parts.lastIndex(of: "uploads"), place >= 3 {
            let repository = parts[1..<(place - 1)].joined(separator: "/")
            return upload(request, repository, parts.count > place + 1 ? parts[place + 1] : nil, &state)
        }
        if let place = parts.lastIndex(of: "blobs"), place == parts.count - 2 {
            let repository = parts[1..<place].joined(separator: "/")
            return blob(request, repository, parts[place + 1], state, ignoresRange)
        }
        return .error(404, "NOT_FOUND")
    }

    private func search(_ request: RecordedRequest) -> LoopbackAnswer {
        let term = request.query("q") ?? ""
        let text = """
            {"results":[{"name":"team/\(term)","description":"one","star_count":7,"is_official":true}]}
            """
        return LoopbackAnswer(200, headers: [("Content-Type", "application/json")], body: Array(text.utf8))
    }

    private func manifest(
        _ request: RecordedRequest,
        _ repository: String,
        _ name: String,
        _ state: inout State
    ) -> LoopbackAnswer {
        let key = "\(repository)/\(name)"
        if request.method == "PUT" {
            let digest = Digest(of: request.body).description
            if name.contains(":"), name != digest { return .error(400, "DIGEST_INVALID") }
            let entry = (request.headers["content-type"] ?? "", request.body)
            state.manifests[key] = entry
            state.manifests["\(repository)/\(digest)"] = entry
            return LoopbackAnswer(201, headers: [("Location", "/v2/\(repository)/manifests/\(digest)")])
        }
        guard let found = state.manifests[key] else { return .error(404, "MANIFEST_UNKNOWN", "manifest unknown") }
        let digest = Digest(of: found.bytes).description
        let headers = [("Content-Type", found.type), ("Docker-Content-Digest", digest)]
        return LoopbackAnswer(200, headers: headers, body: found.bytes)
    }

    private func blob(
        _ request: RecordedRequest,
        _ repository: String,
        _ digest: String,
        _ state: State,
        _ ignoresRange: Bool
    ) -> LoopbackAnswer {
        guard state.repositories[repository]?.contains(digest) ?? false, let bytes = state.blobs[digest] else {
            return .error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        }
        let headers = [("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", digest)]
        guard let range = request.headers["range"], !ignoresRange,
            let start = Int(range.dropFirst("bytes=".count).prefix { $0 != "-" })
        else { return LoopbackAnswer(200, headers: headers, body: bytes) }
        guard start < bytes.count else { return .error(416, "RANGE_INVALID") }
        let place = ("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")
        return LoopbackAnswer(206, headers: headers + [place], body: Array(bytes[start...]))
    }

    private func upload(
        _ request: RecordedRequest,
        _ repository: String,
        _ id: String?,
        _ state: inout State
    ) -> LoopbackAnswer {
        if request.method == "POST" {
            if let digest = request.query("mount"), let from = request.query("from"), state.options.mounts,
                state.repositories[from]?.contains(digest) ?? false
            {
                state.repositories[repository, default: []].insert(digest)
                return LoopbackAnswer(201, headers: [("Location", "/v2/\(repository)/blobs/\(digest)")])
            }
            state.nextUpload += 1
            state.uploads["\(state.nextUpload)"] = []
            return place(repository, "\(state.nextUpload)", state, 202)
        }
        guard let id, let known = state.uploads[id] else { return .error(404, "BLOB_UPLOAD_UNKNOWN") }
        switch request.method {
        case "GET": return place(repository, id, state, 204)
        case "PATCH":
            if let range = request.headers["content-range"] {
                let start = Int(range.prefix { $0 != "-" })
                guard start == known.count else { return place(repository, id, state, 416) }
            }
            state.uploads[id] = known + request.body
            return place(repository, id, state, 202)
        case "PUT":
            let bytes = known + request.body
            guard let text = request.query("digest"), let digest = try? Digest(text),
                Digest(of: bytes, algorithm: digest.algorithm) == digest
            else { return .error(400, "DIGEST_INVALID", "provided digest did not match uploaded content") }
            state.uploads[id] = nil
            state.blobs[text] = bytes
            state.repositories[repository, default: []].insert(text)
            return LoopbackAnswer(201, headers: [("Location", "/v2/\(repository)/blobs/\(text)")])
        default: return .error(405, "UNSUPPORTED")
        }
    }

    private func place(_ repository: String, _ id: String, _ state: State, _ status: Int) -> LoopbackAnswer {
        let path = "/v2/\(repository)/blobs/uploads/\(id)?_state=secret\(id)"
        var headers = [("Location", state.options.location(host, path))]
        let count = state.uploads[id]?.count ?? 0
        headers.append(("Range", "0-\(max(count - 1, 0))"))
        if let minimum = state.options.minimumChunk { headers.append(("OCI-Chunk-Min-Length", "\(minimum)")) }
        return LoopbackAnswer(status, headers: headers)
    }
}

extension LoopbackAnswer {
    /// An error document (OCI distribution-spec 1.1, "Error Codes").
    static func error(_ status: Int, _ code: String, _ message: String = "") -> LoopbackAnswer {
        let entry: JSONValue = ["code": .string(code), "message": .string(message)]
        let body = (["errors": .array([entry])] as JSONValue).compact
        return LoopbackAnswer(status, headers: [("Content-Type", "application/json")], body: body)
    }
}
