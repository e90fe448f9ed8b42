import BuildEngine
import Bytes
import Testing

@testable import Commands

@Suite("--secret and --add-host")
struct SecretOptionTests {
    private func secret(
        _ text: ByteString,
        _ environment: [ByteString: ByteString] = [:]
    ) throws -> BuildRequest.Secret {
        let option = try SecretOption(text, environment: environment)
        #expect(option.id == "x")
        return option.secret
    }

    @Test("a secret is a file or a variable, by what is named or by its id")
    func secrets() throws {
        let environment: [ByteString: ByteString] = ["V": "value", "x": "of the id"]
        #expect(try secret("id=x,src=a/b") == .file("a/b"))
        #expect(try secret("ID=x,source=a=b,type=file") == .file("a=b"))
        #expect(try secret("\"id=x\",\"src=a,b\"") == .file("a,b"))
        #expect(try secret("id=x,env=V", environment) == .value("value"))
        #expect(try secret("id=x,type=env,src=V", environment) == .value("value"))
        #expect(try secret("id=x,env=NONE", environment) == .value(""))
        #expect(try secret("id=x", environment) == .value("of the id"))
        #expect(try secret("id=x") == .file("x"))
    }

    @Test(
        "what is malformed is refused, without being shown",
        arguments: ["", "src=hidden", "id=,src=hidden", "hidden", "id=x,hidden", "id=x,type=hidden", "id=x,hidden=1"]
            as [ByteString]
    )
    func malformed(_ text: ByteString) throws {
        let error = try #require(throws: UsageError.self) { try SecretOption(text, environment: [:]) }
        #expect(error.message.contains("--secret"))
        #expect(!error.message.contains("hidden"))
    }

    @Test(
        "a host has a name and an address, IPv6 with or without brackets",
        arguments: [
            ("a:1.2.3.4", "a", "1.2.3.4"), ("a=1.2.3.4", "a", "1.2.3.4"), ("a.b:::1", "a.b", "::1"),
            ("a=[0:0::1]", "a", "::1"), ("a:[::ffff:1.2.3.4]", "a", "::ffff:1.2.3.4"),
        ] as [(ByteString, ByteString, ByteString)]
    )
    func hosts(_ text: ByteString, _ name: ByteString, _ address: ByteString) throws {
        #expect(try ExtraHostOption(text).host == BuildRequest.ExtraHost(name: name, address: address))
    }

    @Test(
        "what is no host is refused",
        arguments: [
            "", "a", "a:", ":1.2.3.4", "a:1.2.3", "a:b", "a b:1.2.3.4", "a\nb:1.2.3.4", "#:1.2.3.4", "a:host-gateway",
        ]
            as [ByteString]
    )
    func noHosts(_ text: ByteString) {
        #expect(throws: UsageError.self) { try ExtraHostOption(text) }
    }
}
