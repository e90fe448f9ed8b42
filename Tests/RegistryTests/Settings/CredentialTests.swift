import Registry
import Testing

@Suite("Credentials")
struct CredentialTests {
    @Test(
        "no way to print a credential shows its secret",
        arguments: [
            Credential(username: "ann", password: "s3cret"), Credential(username: "", identityToken: "s3cret"),
        ]
    )
    func secretIsHidden(credential: Credential) {
        var dumped = ""
        dump(credential, to: &dumped)
        dump(credential.secret, to: &dumped)
        let texts = ["\(credential)", String(reflecting: credential), "\(credential.secret)", dumped]
        #expect(texts.allSatisfy { !$0.contains("s3cret") && !$0.isEmpty })
        #expect("\([credential])".contains("s3cret") == false)
    }
}
