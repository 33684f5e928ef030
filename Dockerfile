# One image with every program; a pod says which it runs.
#
#   docker build -t registry.example.com/wsfleet .
#
# The base is Debian 12 as it is on that day. To build on the same one again: --build-arg BASE=debian@sha256:…
ARG BASE=debian:12-slim

FROM ${BASE} AS build
WORKDIR /src
# First what seldom changes: another line of source installs nothing again.
COPY cmake/install-dependencies.sh cmake/
RUN cmake/install-dependencies.sh build
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY core core
COPY proto proto
COPY monitoring monitoring
COPY secrets secrets
COPY agent agent
COPY coordinator coordinator
COPY cli cli
# The demo target, which `wsfleet dev` starts, and the folders that CMakeLists.txt names.
COPY tests tests
RUN cmake --preset package \
 && cmake --build --preset package --target wsfleet wsfleet-coordinator wsfleet-agent wsfleet-demo-target \
 && install --strip -D -t /programs \
      build/package/bin/wsfleet build/package/bin/wsfleet-coordinator build/package/bin/wsfleet-agent \
      build/package/bin/wsfleet-demo-target

FROM ${BASE}
LABEL org.opencontainers.image.title="wsfleet" \
      org.opencontainers.image.description="Runs WebSocket scenarios from many regions" \
      org.opencontainers.image.licenses="Apache-2.0"
# Authorities that targets' certificates are checked against, time zones of schedules, and the libraries of the programs.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates tzdata \
      libabsl20220623 libboost-json1.81.0 libc-ares2 libcurl4 libfmt9 libgrpc++1.51 libgrpc29 libpq5 libprometheus-cpp-core1.0 libprotobuf32 libre2-9 \
      libspdlog1.10 libsqlite3-0 libssl3 libstdc++6 libyaml-cpp0.7 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 wsfleet \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/wsfleet --shell /usr/sbin/nologin wsfleet \
 && install --directory --owner=wsfleet --group=wsfleet --mode=0700 /var/lib/wsfleet
COPY --from=build /programs/ /usr/local/bin/
COPY LICENSE /usr/share/doc/wsfleet/LICENSE
# By number, so that runAsNonRoot can be checked without the image's list of users.
USER 10001:10001
WORKDIR /var/lib/wsfleet
EXPOSE 7420 7421 7423 7424
# An agent drains, a coordinator finishes its commit.
STOPSIGNAL SIGTERM
CMD ["wsfleet", "--help"]
