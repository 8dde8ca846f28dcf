package io.fairlead.cli;

import io.fairlead.discovery.RegistryUri;
import io.fairlead.etcd.embedded.api.MaintenanceGrpc;
import io.fairlead.etcd.embedded.api.StatusRequest;
import io.fairlead.etcd.embedded.api.StatusResponse;
import io.fairlead.security.TlsFiles;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Looks at each member of the etcd cluster that a registry's URL names. */
final class EtcdCheck {
  /** What etcd keeps free by default before it refuses writes. */
  private static final long QUOTA = 2L << 30;

  private final Terminal terminal;
  private final RegistryOptions options;
  private final Network network;

  EtcdCheck(Terminal terminal, RegistryOptions options) {
    this.terminal = terminal;
    this.options = options;
    this.network = new Network(options.timeout());
  }

  List<Finding> run() {
    URI url = options.uri(terminal);
    RegistryUri uri = RegistryUri.ofRegistry(url);
    List<String> members = new ArrayList<>(List.of(uri.authority()));
    members.addAll(uri.query("endpoint"));
    boolean tls = uri.query("tls").contains("true");
    List<Finding> findings = new ArrayList<>();
    Set<String> versions = new TreeSet<>();
    for (String member : members) {
      findings.add(member(member, tls, versions));
    }
    if (versions.size() > 1) {
      findings.add(
          Finding.warning(
              "etcd", "its members have the versions " + versions, "finish the upgrade of etcd"));
    }
    return findings;
  }

  private Finding member(String member, boolean tls, Set<String> versions) {
    String subject = "etcd " + member;
    int colon = member.lastIndexOf(':');
    if (colon <= 0 || !member.substring(colon + 1).matches("\\d{1,5}")) {
      return Finding.error(
          subject, "no port is given", "write it as host:2379 in the registry's URL");
    }
    String host = member.substring(0, colon);
    int port = Integer.parseInt(member.substring(colon + 1));
    Finding fault = network.fault(subject, host, port);
    if (fault != null) {
      return fault;
    }
    try {
      StatusResponse status = status(member, tls);
      versions.add(status.getVersion());
      if (status.getLeader() == 0) {
        return Finding.error(
            subject,
            "it has no leader, so nothing can be written",
            "bring back a majority of the members of the cluster");
      }
      if (status.getErrorsCount() > 0) {
        return Finding.error(
            subject,
            "it has raised " + String.join("; ", status.getErrorsList()),
            "for NOSPACE compact and defragment it, then \"etcdctl alarm disarm\"");
      }
      if (status.getDbSize() > QUOTA / 5 * 4) {
        return Finding.warning(
            subject,
            "its database has "
                + (status.getDbSize() >> 20)
                + " MiB, near the default quota of 2 GiB",
            "turn on auto-compaction, and defragment it");
      }
      return Finding.ok(
          subject,
          "answers, version "
              + status.getVersion()
              + ", revision "
              + status.getHeader().getRevision());
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      if (code == Status.Code.UNAUTHENTICATED || code == Status.Code.PERMISSION_DENIED) {
        // Its health is for users alone; the registry itself is asked next.
        return Finding.ok(subject, "answers, and tells its state to its own users only");
      }
      return Finding.error(
          subject,
          "the port is open, and no etcd answers: " + code + " " + e.getStatus().getDescription(),
          tls
              ? "check that it speaks TLS, and that --registry-ca is the authority of its certificate"
              : "check the port, and add ?tls=true to the URL if etcd speaks TLS");
    } catch (IOException e) {
      return Finding.error(
          subject, "the files for TLS cannot be used: " + e.getMessage(), "check --registry-ca");
    }
  }

  private StatusResponse status(String member, boolean tls) throws IOException {
    ManagedChannel channel = Grpc.newChannelBuilder(member, credentials(tls)).build();
    try {
      return MaintenanceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(options.timeout().toNanos(), TimeUnit.NANOSECONDS)
          .status(StatusRequest.getDefaultInstance());
    } finally {
      channel.shutdownNow();
    }
  }

  private ChannelCredentials credentials(boolean tls) throws IOException {
    if (!tls) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    TlsFiles files = options.tls();
    if (files != null) {
      if (files.trust().isPresent()) {
        builder.trustManager(files.trust().get().toFile());
      }
      if (files.certificateChain().isPresent() && files.privateKey().isPresent()) {
        builder.keyManager(
            files.certificateChain().get().toFile(), files.privateKey().get().toFile());
      }
    }
    return builder.build();
  }
}
