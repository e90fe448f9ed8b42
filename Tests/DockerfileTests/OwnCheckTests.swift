import Bytes
import Dockerfile
import Testing

@Suite("Checks beyond BuildKit's")
struct OwnCheckTests {
    @Test(
        "AptUpdateAlone: nothing in the step uses the index",
        arguments: [
            CheckCase("FROM a:1\nRUN apt-get update\nRUN apt-get install -y x", 2),
            CheckCase("FROM a:1\nRUN set -e; apt-get -qq update && rm -rf /x && apt clean", 2),
            CheckCase("FROM a:1\nRUN [\"apt-get\", \"update\"]\nRUN [\"sh\", \"-c\", \"apt-get update\"]", 2, 3),
            CheckCase("FROM a:1\nRUN <<EOF\n# first\nsudo apt-get update > /dev/null 2>&1\nEOF", 2),
            CheckCase("FROM a:1\nRUN apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists"),
            CheckCase("FROM a:1\nRUN []\nRUN\nRUN [\"\"]\nRUN [\"sh\", \"-c\", \"\"]"),
            CheckCase("FROM a:1\nRUN apt-get update && ./install\nRUN apt-get update | sh\nRUN echo apt-get update"),
            CheckCase("FROM a:1\nRUN --mount=type=cache,target=/var/lib/apt apt-get update"),
            CheckCase("FROM a:1\nRUN <<EOF\n#!/usr/bin/python3\napt-get update\nEOF"),
            CheckCase("FROM a:1\nRUN dpkg --add-architecture i386 && apt-get update", 2),
            CheckCase("FROM a:1\nRUN apt-get update && apt-get install -y gpg && curl -fsS x > y && apt-get update", 2),
            CheckCase("FROM a:1\nRUN if true; then sudo -E apt-get -o A::B=c update; fi", 2),
            CheckCase("FROM a:1\nRUN until apt-get update; do sleep 1; done", 2),
            CheckCase("FROM a:1\nRUN for p in a b; do apt-get install $p || apt-get update; done"),
            CheckCase("FROM a:1\nRUN apt-get update && apt-get upgrade -y\nRUN apt update && apt-get build-dep x"),
            CheckCase("FROM a:1\nRUN curl x | bash -\nRUN apt-get update && apt-cache policy x"),
            CheckCase("FROM a:1\nRUN case $A in \\\n a) apt-get update ;; \\\n esac; apt-get install x"),
        ]
    )
    func aptUpdate(_ test: CheckCase) throws {
        #expect(try lines(of: "AptUpdateAlone", in: test.text) == test.lines)
    }

    @Test(
        "ContextCopiedBeforeInstall: at the copy that an install follows",
        arguments: [
            CheckCase("FROM a:1\nCOPY . /app\nRUN npm ci", 2),
            CheckCase("FROM a:1\nADD ./ .\nRUN cd /app && pip3 install --no-cache-dir -r req.txt", 2),
            CheckCase("FROM a:1\nCOPY . .\nRUN apt-get update && apt-get install -y gcc\nRUN go mod download", 2),
            CheckCase("FROM a:1\nCOPY * .\nRUN python -m pip install -r r.txt", 2),
            CheckCase("FROM a:1\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm ci --production"),
            CheckCase("FROM a:1\nCOPY . .\nRUN npm run build\nRUN pip install .\nRUN make install"),
            CheckCase("FROM a:1\nCOPY src .\nRUN npm ci\nFROM a:1\nCOPY --from=0 . .\nRUN npm ci"),
            CheckCase("FROM a:1\nCOPY . .\nFROM a:1\nRUN npm ci"),
            CheckCase("FROM a:1\nCOPY . /app\nRUN pip install --no-cache-dir -r /app/requirements.txt", 2),
            CheckCase(
                "FROM a:1\nCOPY . /app\nRUN npm --prefix /app ci\nFROM a:1\nCOPY . .\nRUN yarn --immutable",
                2,
                5
            ),
            CheckCase("FROM a:1\nCOPY . .\nRUN pip install flask\nFROM a:1\nCOPY . .\nRUN npm clean-install", 2, 5),
            CheckCase("FROM a:1\nCOPY . .\nRUN conda env create -f environment.yml", 2),
            CheckCase("FROM a:1\nCOPY . .\nRUN pip install dist/x.whl\nRUN pip install -e .[dev]\nRUN yarn --version"),
            CheckCase("FROM a:1\nCOPY . .\nRUN apt-get install -y ./x.deb\nRUN yarn build && bundle exec rake"),
            CheckCase("FROM a:1\nCOPY --exclude=src . .\nRUN npm ci"),
            CheckCase("FROM a:1\nRUN pip install -U pip\nCOPY . .\nRUN pip install -r r.txt", 3),
            CheckCase("FROM a:1\nRUN npm i -g pnpm\nCOPY . .\nRUN npm ci", 3),
        ]
    )
    func contextCopy(_ test: CheckCase) throws {
        #expect(try lines(of: "ContextCopiedBeforeInstall", in: test.text) == test.lines)
    }

    @Test(
        "SecretFileCopied: names of keys and credentials",
        arguments: [
            "id_rsa /root/.ssh/", ".env /app/", "a/.env.production .", "server.key /", "tls/private.pem /", ".npmrc .",
            "./.aws/credentials /root/", "x.p12 y /", ".ssh /root/.ssh", "home/.aws/ /root/.aws/", "deploy_key /",
            "service-account.json /", "certs/server-key.pem /", "server.pem /", "--from=b /root/.ssh/id_ed25519 /",
            "<<EOF /root/.netrc\nx\nEOF",
        ]
    )
    func secretFile(_ words: String) throws {
        #expect(try lines(of: "SecretFileCopied", in: "FROM a:1\nCOPY \(words)") == [2])
    }

    @Test(
        "SecretFileCopied does not fire at what is meant for everyone",
        arguments: [
            "id_rsa.pub /", ".env.example /", "ca.pem /", "tls-cert.pem root-ca.pem /", "keys /", ".key /", "env /",
            "credentials /", "x <<EOF /f/\nid_rsa\nEOF", "public.key nginx_signing.key /", "certs/server.pem /",
            "docker.key /etc/apt/keyrings/", "repo.key /usr/share/keyrings/x.asc", ".ssh/known_hosts /root/.ssh/",
            ".env.test /", "dhparam.pem /", ".aws-sam /",
        ]
    )
    func harmlessFile(_ words: String) throws {
        #expect(try lines(of: "SecretFileCopied", in: "FROM a:1\nCOPY \(words)") == [])
    }

    private static let letters = String(repeating: "a1B2", count: 12)

    @Test(
        "SecretInDockerfile: keys and tokens known by their form, in a build too",
        arguments: [
            "ENV T=ghp_\(letters)", "ARG T=\"github_pat_\(letters)\"", "RUN curl -H 'X: glpat-\(letters)' x",
            "LABEL k=AKIA0123456789ABCDEF", "COPY <<EOF /k\n-----BEGIN RSA PRIVATE KEY-----\nEOF",
            "RUN <<EOF\nexport NPM=npm_\(letters)\nEOF", "ENV A=sk-proj-\(letters)", "ENV A=sk-ant-api03-\(letters)",
            "ENV A=hf_\(letters)", "ENV A=dckr_pat_\(letters)", "ENV A=pypi-AgEI\(letters)",
            "ENV A=SG.abcdefghijklmnopqrstu1.\(letters)", "ENV A=eyJ\(letters).eyJ\(letters).\(letters)",
            "COPY <<EOF /k\n-----BEGIN PGP PRIVATE KEY BLOCK-----\nEOF",
        ]
    )
    func secretText(_ instruction: String) throws {
        var settings = CheckSettings()
        settings.purpose = .build
        let warnings = try check("FROM scratch\n" + instruction, settings)
        #expect(warnings.map(\.rule.name) == ["SecretInDockerfile"])
        #expect(warnings.first?.detail.contains(Self.letters) == false)
    }

    @Test(
        "SecretInDockerfile: a password in a URL, by check only",
        arguments: ["ENV A=postgres://app:s3cr3t@db.local/x", "RUN git clone https://me:s3cr3t@git.local/a/b"]
    )
    func urlPassword(_ instruction: String) throws {
        var settings = CheckSettings()
        let text = "# check=skip=SecretsUsedInArgOrEnv;error=true\nFROM scratch\n" + instruction
        let result = DockerfileChecks.run(try checkRequest(text, settings))
        #expect(result.warnings.map(\.rule.name) == ["SecretInDockerfile"])
        #expect(result.warnings.first?.detail.contains("s3cr3t") == false)
        settings.purpose = .build
        #expect(try check(text, settings) == [])
        let token = "FROM scratch\nRUN git clone https://oauth2:glpat-\(Self.letters)@gitlab.com/x/y"
        #expect(try details(of: "SecretInDockerfile", in: token) == ["RUN holds what looks like a token of GitLab"])
    }

    @Test("error=true makes a failure of what a build tells, not of advice")
    func violation() throws {
        let text = "# check=error=true\nFROM alpine\nRUN apt-get update\nMAINTAINER x\n"
        let result = DockerfileChecks.run(try checkRequest(text))
        #expect(result.warnings.count == 3)
        #expect(result.failedRules == ["MaintainerDeprecated"])
        #expect(DockerfileChecks.run(try checkRequest("# check=error=true\nFROM alpine")).violation == nil)
        let sarif = CheckReport(result, source: try parse(text).source).sarif(version: "1")
        let levels = sarif["runs"]?.array?.first?["results"]?.array?.map { $0["level"] }
        #expect(levels == ["warning", "warning", "error"])
    }

    @Test(
        "SecretInDockerfile does not fire at what only begins like one",
        arguments: [
            "ENV T=ghp_short", "ENV T=xghp_\(letters)", "ENV A=AKIAIOSFODNN7EXAMPLE1", "RUN npm_config_cache=/x npm ci",
            "RUN grep -- '-----BEGIN CERTIFICATE-----' x", "RUN git clone https://me:${TOKEN}@git.local/a/b",
            "ENV A=postgres://postgres:postgres@db/x", "ENV A=redis://:password@cache", "ENV A=http://a.b:80/c@d",
            "ENV A=mysql://u:s3cr3t@localhost/x", "ENV A=amqp://user:<password>@host", "ENV A=eyJhbGciOiJIUzI1NiJ9",
            "RUN echo sk-project-names-are-long-and-have-no-digits-at-all",
            "RUN pip install git+ssh://git@github.com/a/b", "ENV sk_live_abcdefghijklmnopqrstuvwxyz=1",
        ]
    )
    func harmlessText(_ instruction: String) throws {
        #expect(try lines(of: "SecretInDockerfile", in: "FROM scratch\n" + instruction) == [])
    }

    @Test("UnknownCheckName: a name in skip or experimental that no rule has")
    func unknownName() throws {
        let text = "# syntax=docker/dockerfile:1\n# check=skip=JSONArgRecommended,StageNameCasing\nFROM scratch"
        #expect(try lines(of: "UnknownCheckName", in: text) == [2])
        #expect(try details(of: "UnknownCheckName", in: text)[0].contains("did you mean JSONArgsRecommended?"))
        let otherCase = "# check=skip=jsonargsrecommended\nFROM scratch"
        #expect(try details(of: "UnknownCheckName", in: otherCase)[0].contains("did you mean JSONArgsRecommended?"))
        #expect(try lines(of: "UnknownCheckName", in: "# check=skip=all\nFROM scratch") == [])
    }

    @Test("UnusedStage does not fire at stages with the names of usual targets")
    func targets() throws {
        let text = """
            FROM a:1 AS build
            FROM build AS unit-test
            FROM build AS lint
            FROM build AS production
            FROM a:1 AS latest
            FROM build AS development
            """
        #expect(try lines(of: "UnusedStage", in: text) == [5])
    }

    @Test("Each is told by check only, but for the one that is sure")
    func purposes() throws {
        #expect(CheckRule.all.filter { !$0.isBuildKits && $0.runsInBuilds }.map(\.name) == ["SecretInDockerfile"])
        var settings = CheckSettings()
        settings.purpose = .build
        let text = "FROM alpine AS lost\nFROM alpine\nCOPY . .\nCOPY id_rsa /\nRUN apt-get update\nRUN npm ci"
        #expect(try check(text, settings) == [])
        #expect(
            Set(try check(text).map(\.rule.name)) == [
                "UnusedStage", "UnpinnedBaseImage", "SecretFileCopied", "AptUpdateAlone", "ContextCopiedBeforeInstall",
            ]
        )
    }

    @Test("Each can be skipped by name, for the file and for one instruction", arguments: CheckRule.all)
    func skipped(_ rule: CheckRule) throws {
        var configuration = try CheckConfiguration(parsing: "experimental=all")
        #expect(configuration.allows(rule))
        configuration = try CheckConfiguration(parsing: ByteString("skip=\(rule.name)"))
        #expect(!configuration.allows(rule))
        let text = "FROM a:1\n# check=skip=AptUpdateAlone\nRUN apt-get update"
        #expect(try lines(of: "AptUpdateAlone", in: text) == [])
    }
}
