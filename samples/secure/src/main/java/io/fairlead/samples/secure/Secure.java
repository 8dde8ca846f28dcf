package io.fairlead.samples.secure;

import io.fairlead.CallContext;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.samples.secure.desk.Bill;
import io.fairlead.samples.secure.desk.Desk;
import io.fairlead.samples.secure.desk.DeskRpc;
import io.fairlead.samples.secure.desk.HoursReply;
import io.fairlead.samples.secure.desk.HoursRequest;
import io.fairlead.samples.secure.desk.ShowRequest;
import io.fairlead.samples.secure.vault.OpenRequest;
import io.fairlead.samples.secure.vault.Secret;
import io.fairlead.samples.secure.vault.Vault;
import io.fairlead.samples.secure.vault.VaultRpc;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.security.PeerIdentity;
import io.fairlead.security.TlsFiles;
import io.fairlead.security.jwt.JwtAuthorizer;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.TestAuthority;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Customers ask the desk of billing, with a token. The desk opens the vault for them, with its own
 * certificate. Reports has a certificate too, but may not open the vault.
 */
final class Secure {
  private static final String BILLING = "spiffe://shop.example/billing";
  private static final String REPORTS = "spiffe://shop.example/reports";
  private static final String UNAVAILABLE = "UNAVAILABLE";
  private static final int ROTATIONS = 10;

  private final PrintStream out;
  private final Path directory;
  private TestAuthority authority = TestAuthority.create("shop");

  Secure(PrintStream out, Path directory) {
    this.out = out;
    this.directory = directory;
  }

  public static void main(String[] args) throws Exception {
    Path directory = Files.createTempDirectory("fairlead-secure");
    try {
      new Secure(System.out, directory).play();
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  void play() throws Exception {
    authority.write(directory.resolve("ca.crt"));
    renew("vault", "spiffe://shop.example/vault", 30);
    renew("billing", BILLING, 30);
    renew("reports", REPORTS, 30);
    try (Login login = new Login();
        JwtAuthorizer tokens = JwtAuthorizer.builder().issuer(login.issuer()).start();
        RpcServer server =
            RpcServer.builder("vault")
                .host("127.0.0.1")
                .tls(files("vault"))
                .authorizer(Authorizer.byScopes(Secure::callerOf))
                .secureByDefault()
                .service(VaultRpc.bind(new Safe()))
                .start();
        RpcChannel billing = channel(server, "billing");
        RpcChannel reports = channel(server, "reports");
        RpcServer desk = desk(tokens, billing);
        RpcChannel customer = outside(desk)) {
      out.println("billing: " + open(billing));
      out.println("reports: " + open(reports));
      edge(login, customer);
      outOfReach(server);
      rotate(server, desk, () -> show(customer, login.token("ann", "bills.read")));
      withdraw(server, billing);
    }
  }

  /** The edge: its certificate is its own, its callers have tokens, and each method says whose. */
  private RpcServer desk(JwtAuthorizer tokens, RpcChannel vault) {
    TlsFiles own =
        TlsFiles.builder()
            .certificate(directory.resolve("billing.crt"), directory.resolve("billing.key"))
            .checkInterval(Duration.ofMillis(50))
            .build();
    return RpcServer.builder("desk")
        .host("127.0.0.1")
        .tls(own)
        .authorizer(tokens)
        .readiness("token keys", tokens::ready)
        .secureByDefault()
        .service(DeskRpc.bind(new Clerk(vault)))
        .start();
  }

  /** What a customer has: trust in the authority, and no certificate. */
  private RpcChannel outside(RpcServer server) {
    return RpcChannel.to("127.0.0.1:" + server.port())
        .tls(
            TlsFiles.builder()
                .trust(directory.resolve("ca.crt"))
                .checkInterval(Duration.ofMillis(50))
                .build())
        .build();
  }

  private record Clerk(RpcChannel vault) implements Desk {
    @Override
    public Bill show(ShowRequest request) {
      String customer = CallContext.current().caller().orElseThrow().name();
      OpenRequest asked = OpenRequest.newBuilder().setName(request.getName()).build();
      // The token stays here: the vault knows the desk by its certificate.
      String kept = VaultRpc.client(vault).open(asked).getText();
      return Bill.newBuilder().setText(kept + ", shown to " + customer).build();
    }

    @Override
    public HoursReply hours(HoursRequest request) {
      return HoursReply.newBuilder().setText("from nine to five").build();
    }
  }

  private void edge(Login login, RpcChannel customer) throws GeneralSecurityException {
    out.println("ann, with a token: " + show(customer, login.token("ann", "bills.read")));
    out.println("ann, without the scope: " + show(customer, login.token("ann", "bills.list")));
    out.println("somebody, without a token: " + show(customer, ""));
    HoursReply hours = DeskRpc.client(customer).hours(HoursRequest.getDefaultInstance());
    out.println("the hours, without a token: " + hours.getText());
  }

  /** The vault ends the handshake of a caller without a certificate, whatever token it has. */
  private void outOfReach(RpcServer vault) {
    try (RpcChannel customer = outside(vault)) {
      out.println("a customer at the vault: " + open(customer).substring(0, UNAVAILABLE.length()));
    }
  }

  private static String show(RpcChannel desk, String token) {
    CallSettings.Builder settings = CallSettings.builder();
    if (!token.isEmpty()) {
      settings.header("authorization", "Bearer " + token);
    }
    try {
      return DeskRpc.client(settings.build().over(desk))
          .show(ShowRequest.newBuilder().setName("bill 7").build())
          .getText();
    } catch (RpcException e) {
      return e.getStatus().getCode() + " " + e.getStatus().getDescription();
    }
  }

  /** The names in the certificate decide. A policy with many callers belongs into a file. */
  private static @Nullable Caller callerOf(Authorizer.Request request) {
    return PeerIdentity.of(request.connection())
        .flatMap(PeerIdentity::spiffeId)
        .map(id -> new Caller(id, id.equals(BILLING) ? Set.of("vault.open") : Set.of()))
        .orElse(null);
  }

  private static final class Safe implements Vault {
    @Override
    public Secret open(OpenRequest request) {
      String who = CallContext.current().peerIdentity().map(PeerIdentity::toString).orElse("?");
      return Secret.newBuilder().setText(request.getName() + " for " + who).build();
    }
  }

  private TlsFiles files(String name) {
    return TlsFiles.builder()
        .certificate(directory.resolve(name + ".crt"), directory.resolve(name + ".key"))
        .trust(directory.resolve("ca.crt"))
        .checkInterval(Duration.ofMillis(50)) // the default, 10s, is right elsewhere
        .build();
  }

  private RpcChannel channel(RpcServer server, String name) {
    return RpcChannel.to("127.0.0.1:" + server.port())
        .tls(files(name))
        .service(VaultRpc.service())
        .build();
  }

  /** What an agent such as cert-manager does. */
  private void renew(String name, String spiffeId, int days) {
    authority
        .leaf(name)
        .uri(spiffeId)
        .valid(Instant.now().minus(Duration.ofHours(1)), Instant.now().plus(Duration.ofDays(days)))
        .write(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
  }

  private static String open(RpcChannel channel) {
    try {
      return VaultRpc.client(channel)
          .open(OpenRequest.newBuilder().setName("plan").build())
          .getText();
    } catch (RpcException e) {
      return e.getStatus().getCode() + " " + e.getStatus().getDescription();
    }
  }

  /** Each call of the customer goes to the desk and on to the vault, over both certificates. */
  private void rotate(RpcServer vault, RpcServer desk, Callable<String> call) throws Exception {
    int calls = 0;
    String expected = "bill 7 for " + BILLING + ", shown to ann";
    for (int days = 31; days <= 30 + ROTATIONS; days++) {
      renew("vault", "spiffe://shop.example/vault", days);
      renew("billing", BILLING, days);
      while (daysLeft(vault.certificateExpiry().orElseThrow()) < days - 1
          || daysLeft(desk.certificateExpiry().orElseThrow()) < days - 1) {
        String answer = call.call();
        if (!answer.equals(expected)) {
          throw new IllegalStateException("a call failed: " + answer);
        }
        calls++;
      }
    }
    out.println(
        ROTATIONS + " rotations: no call failed" + (calls == 0 ? ", and none was made" : ""));
    out.println("days left: " + daysLeft(vault.certificateExpiry().orElseThrow()));
  }

  private static long daysLeft(Instant expiry) {
    return Duration.between(Instant.now(), expiry).toDays();
  }

  /**
   * The authority is replaced for the vault alone; billing still shows a certificate of the old.
   */
  private void withdraw(RpcServer server, RpcChannel billing)
      throws IOException, InterruptedException {
    Path old = directory.resolve("old.crt");
    Files.copy(directory.resolve("ca.crt"), old);
    TlsFiles unchanged =
        TlsFiles.builder()
            .certificate(directory.resolve("billing.crt"), directory.resolve("billing.key"))
            .trust(old)
            .build();
    try (RpcChannel stale = RpcChannel.to("127.0.0.1:" + server.port()).tls(unchanged).build()) {
      out.println("before the authority is replaced: " + open(stale));
      authority = TestAuthority.create("shop");
      authority.write(directory.resolve("ca.crt"));
      await(() -> !open(stale).startsWith("plan"));
      out.println("after it: " + open(stale).substring(0, UNAVAILABLE.length()));
      renew("vault", "spiffe://shop.example/vault", 60);
      renew("billing", BILLING, 60);
      await(() -> open(billing).startsWith("plan"));
      out.println("with a certificate of the new one: " + open(billing));
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException("waited for a minute");
      }
      Thread.sleep(20);
    }
  }
}
