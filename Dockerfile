# The operator's image: its binary and the libraries it needs, nothing else.
#
# Only Debian's packages go in; deps/build.txt lists what the compiler needs.
FROM docker.io/library/debian:bookworm-slim AS builder
COPY deps/install.sh deps/build.txt /src/deps/
RUN /src/deps/install.sh build && rm -rf /var/lib/apt/lists
COPY . /src
WORKDIR /src
RUN cmake --preset release -DBOOTSTRAP_TESTS=OFF -DBOOTSTRAP_CLI=OFF \
    && cmake --build --preset release --target bootstrap-operator
RUN deploy/image/collect_root.sh build/release/operator/bootstrap-operator /image

# tests/image/assemble.sh makes the same stage from a binary that is there already; it reads the
# lines below.
FROM scratch
COPY --from=builder /image /
LABEL org.opencontainers.image.title="bootstrap-operator"
LABEL org.opencontainers.image.description="Runs BootstrapWorkflows: command line tools, one after the other, as Jobs"
LABEL org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
ENTRYPOINT ["/usr/bin/bootstrap-operator"]
