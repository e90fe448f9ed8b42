extension InstructionName {
    /// How it is written at its shortest, for who left something out.
    var usage: String {
        switch self {
        case .add: "ADD SOURCE… DESTINATION"
        case .arg: "ARG NAME or ARG NAME=DEFAULT"
        case .cmd: "CMD [\"PROGRAM\", \"ARGUMENT\"] or CMD COMMAND"
        case .copy: "COPY SOURCE… DESTINATION"
        case .entrypoint: "ENTRYPOINT [\"PROGRAM\", \"ARGUMENT\"] or ENTRYPOINT COMMAND"
        case .env: "ENV NAME=VALUE"
        case .expose: "EXPOSE PORT or EXPOSE PORT/PROTOCOL"
        case .from: "FROM IMAGE or FROM IMAGE AS NAME"
        case .healthcheck: "HEALTHCHECK CMD COMMAND or HEALTHCHECK NONE"
        case .label: "LABEL NAME=VALUE"
        case .maintainer: "MAINTAINER NAME"
        case .onbuild: "ONBUILD INSTRUCTION"
        case .run: "RUN COMMAND or RUN [\"PROGRAM\", \"ARGUMENT\"]"
        case .shell: "SHELL [\"PROGRAM\", \"ARGUMENT\"]"
        case .stopsignal: "STOPSIGNAL SIGNAL, such as STOPSIGNAL SIGTERM"
        case .user: "USER NAME or USER NAME:GROUP"
        case .volume: "VOLUME PATH"
        case .workdir: "WORKDIR PATH"
        }
    }
}
