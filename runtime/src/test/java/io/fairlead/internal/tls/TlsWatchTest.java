package io.fairlead.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.security.TlsFiles;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.TestAuthority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process with old certificates would lose, step by step: each test calls the checks. */
class TlsWatchTest {
  @TempDir private Path directory;
  private final TestAuthority authority = TestAuthority.create("shop");
  private Path chain;
  private Path key;
  private Path trust;
  private Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private LogCapture logs;

  @BeforeEach
  void write() {
    logs = LogCapture.of("io.fairlead.tls");
    chain = directory.resolve("tls.crt");
    key = directory.resolve("tls.key");
    trust = authority.write(directory.resolve("ca.crt"));
    leaf(Duration.ofDays(100)).write(chain, key);
  }

  @AfterEach
  void closeLogs() {
    logs.close();
  }

  private TestAuthority.Leaf leaf(Duration left) {
    return authority.leaf("inventory").valid(now.minus(Duration.ofDays(1)), now.plus(left));
  }

  private TlsWatch watch() {
    TlsFiles files = TlsFiles.builder().certificate(chain, key).trust(trust).build();
    return TlsWatch.open(files, "server inventory", true, () -> now);
  }

  private void expires(TlsWatch watch, Duration left) {
    assertThat(watch.expiry()).contains(now.plus(left));
  }

  /** Two checks that read the same, after which it is used. */
  private static void settle(TlsWatch watch) {
    watch.check();
    watch.check();
  }

  @Test
  void aRenewedCertificateIsTakenWithOneLine() {
    TlsWatch watch = watch();
    leaf(Duration.ofDays(200)).write(chain, key);
    settle(watch);
    expires(watch, Duration.ofDays(200));
    watch.check();
    assertThat(logs.lines())
        .singleElement()
        .asString()
        .contains("server inventory took the certificate CN=inventory of inventory, valid until ")
        .contains(now.plus(Duration.ofDays(200)) + " (200 days left)");
  }

  @Test
  void aPairThatIsReplacedWhileAServerStartsDoesNotStopIt() throws IOException {
    String before = Files.readString(chain);
    leaf(Duration.ofDays(200)).write(chain, key);
    AtomicInteger reads = new AtomicInteger();
    TlsFiles files =
        TlsFiles.builder()
            .certificate(chain, key)
            .trust(trust)
            .reader(file -> reads.getAndIncrement() == 0 ? before : text(file))
            .build();
    expires(TlsWatch.open(files, "server inventory", true, () -> now), Duration.ofDays(200));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aRenewedCertificateForTheOldKeyIsTaken() {
    TestAuthority.Leaf own = leaf(Duration.ofDays(50));
    own.write(chain, key);
    TlsWatch watch = watch();
    own.valid(now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(90)))
        .write(chain, directory.resolve("unused.key"));
    settle(watch);
    expires(watch, Duration.ofDays(90));
  }

  @Test
  void theSwapOfASymbolicLinkIsSeen() throws IOException {
    // As Kubernetes lays a secret out: files point into ..data, which points to a directory.
    Path first = Files.createDirectory(directory.resolve("..2026_1"));
    Path second = Files.createDirectory(directory.resolve("..2026_2"));
    leaf(Duration.ofDays(100)).write(first.resolve("tls.crt"), first.resolve("tls.key"));
    leaf(Duration.ofDays(300)).write(second.resolve("tls.crt"), second.resolve("tls.key"));
    Path data = Files.createSymbolicLink(directory.resolve("..data"), first);
    Files.delete(chain);
    Files.delete(key);
    Files.createSymbolicLink(chain, Path.of("..data", "tls.crt"));
    Files.createSymbolicLink(key, Path.of("..data", "tls.key"));
    TlsWatch watch = watch();
    Path swap = Files.createSymbolicLink(directory.resolve("..data_tmp"), second);
    Files.move(swap, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    settle(watch);
    expires(watch, Duration.ofDays(300));
  }

  @Test
  void aPairOfWhichHalfIsWrittenIsNeitherTakenNorReported() {
    TlsWatch watch = watch();
    TestAuthority.Leaf next = leaf(Duration.ofDays(200));
    next.write(chain, directory.resolve("other.key"));
    watch.check();
    expires(watch, Duration.ofDays(100));
    next.write(chain, key);
    settle(watch);
    expires(watch, Duration.ofDays(200));
    assertThat(logs.warnings()).isEmpty();
  }

  @Test
  void theKeyOfAnotherCertificateIsReportedOnceAndTheOldPairIsKept() {
    TlsWatch watch = watch();
    leaf(Duration.ofDays(200)).write(chain, directory.resolve("other.key"));
    keepsTheOldPair(watch, "the key in " + key + " does not belong to the certificate in " + chain);
  }

  @Test
  void aFileThatIsGoneIsReportedOnceAndTheOldPairIsKept() throws IOException {
    TlsWatch watch = watch();
    Files.delete(key);
    keepsTheOldPair(watch, key + " does not exist");
  }

  @Test
  void aFileThatMayNotBeReadIsReportedOnceAndTheOldPairIsKept() throws IOException {
    TlsWatch watch = watch();
    // A user with all rights reads files of every mode, but nobody reads a directory.
    Files.delete(key);
    Files.createDirectory(key);
    keepsTheOldPair(watch, "a TLS file cannot be read: " + key);
  }

  @Test
  void aFileThatEndsInTheMiddleIsReportedOnceAndTheOldPairIsKept() throws IOException {
    TlsWatch watch = watch();
    // The own certificate is whole, that of the authority behind it is not.
    String whole = Files.readString(trust);
    Files.writeString(chain, Files.readString(chain) + whole.substring(0, whole.length() - 30));
    keepsTheOldPair(watch, chain + " ends within a block of PEM");
  }

  @Test
  void anExpiredCertificateIsReportedOnceAndTheOldPairIsKept() {
    TlsWatch watch = watch();
    leaf(Duration.ofHours(-1)).write(chain, key);
    keepsTheOldPair(watch, "the certificate in " + chain + " is valid from ");
  }

  @Test
  void authoritiesThatCannotBeReadAreReportedOnceAndTheOldOnesAreKept() throws IOException {
    TlsWatch watch = watch();
    Files.writeString(trust, "nothing");
    keepsTheOldPair(watch, trust + " holds nothing in PEM");
  }

  private void keepsTheOldPair(TlsWatch watch, String why) {
    watch.check();
    assertThat(logs.lines()).isEmpty();
    for (int i = 0; i < 100; i++) {
      watch.check();
    }
    assertThat(logs.warnings())
        .singleElement()
        .asString()
        .contains("server inventory keeps the certificate CN=inventory of inventory, valid until ")
        .contains("(100 days left): ")
        .contains(why);
    expires(watch, Duration.ofDays(100));
    now = now.plus(Duration.ofHours(1));
    watch.check();
    assertThat(logs.warnings()).hasSize(2);
  }

  @Test
  void aFaultThatIsMendedIsForgotten() throws IOException {
    TlsWatch watch = watch();
    String good = Files.readString(key);
    Files.delete(key);
    settle(watch);
    assertThat(logs.warnings()).hasSize(1);
    Files.writeString(key, good);
    watch.check();
    // The same again within the hour is news: it was mended between.
    Files.delete(key);
    watch.check();
    assertThat(logs.warnings()).hasSize(1);
    watch.check();
    assertThat(logs.warnings()).hasSize(2);
  }

  @Test
  void twoFaultsInARowAreReportedAlthoughTheyDiffer() throws IOException {
    TlsWatch watch = watch();
    Files.delete(key);
    watch.check();
    Files.delete(chain);
    watch.check();
    assertThat(logs.warnings()).singleElement().asString().contains(chain + " does not exist");
  }

  @Test
  void filesThatChangeAllTheTimeAreReportedOnce() {
    TlsWatch watch = watch();
    for (int i = 1; i < 10; i++) {
      leaf(Duration.ofDays(200 + i)).write(chain, key);
      watch.check();
    }
    expires(watch, Duration.ofDays(100));
    assertThat(logs.warnings()).singleElement().asString().contains(" change all the time; ");
    watch.check();
    expires(watch, Duration.ofDays(209));
  }

  @Test
  void aBundleOfAuthoritiesThatIsHalfWrittenIsNotTaken() throws IOException {
    String first = Files.readString(trust);
    Path other = TestAuthority.create("other").write(directory.resolve("other.crt"));
    String bundle = first + Files.readString(other);
    Files.writeString(trust, bundle);
    TlsWatch watch = watch();
    // Cut between two blocks, it is a valid bundle that lacks an authority.
    Files.writeString(trust, first);
    watch.check();
    Files.writeString(trust, bundle);
    settle(watch);
    assertThat(logs.lines()).isEmpty();
    Files.writeString(trust, first);
    settle(watch);
    assertThat(logs.lines())
        .singleElement()
        .asString()
        .contains("took the authorities in " + trust);
  }

  @Test
  void anAuthorityInTheChainThatHasEndedDoesNotStopTheServer() throws IOException {
    // As with a cross-signed authority: clients that know the newer one do not need it.
    Path crossSigned = directory.resolve("cross.crt");
    TestAuthority.create("old")
        .leaf("shop")
        .valid(now.minus(Duration.ofDays(9)), now.minus(Duration.ofDays(1)))
        .write(crossSigned, directory.resolve("cross.key"));
    Files.writeString(chain, Files.readString(chain) + Files.readString(crossSigned));
    TlsWatch watch = watch();
    assertThat(watch.ready()).isTrue();
    expires(watch, Duration.ofDays(100));
    assertThat(logs.warnings()).isEmpty();
  }

  @Test
  void anEncryptedKeyOfTheOldFormIsToldHowToBeConverted() throws IOException {
    Files.writeString(
        key,
        """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-256-CBC,2B4F6D0A1C3E5F708192A3B4C5D6E7F8

        MIIEowIBAAKCAQEA
        -----END RSA PRIVATE KEY-----
        """);
    assertThatThrownBy(this::watch)
        .hasMessageContaining(" holds RSA PRIVATE KEY, and tls(...) needs a PRIVATE KEY there")
        .hasMessageContaining("openssl pkcs8 -topk8 -nocrypt -in tls.key");
  }

  @Test
  void theLastFourteenDaysAreAnnouncedOnceADay() {
    TlsWatch watch = watch();
    now = now.plus(Duration.ofDays(85));
    watch.check();
    assertThat(logs.warnings()).isEmpty();
    now = now.plus(Duration.ofDays(2));
    watch.check();
    watch.check();
    assertThat(logs.warnings())
        .singleElement()
        .asString()
        .contains("server inventory has a certificate CN=inventory of inventory, valid until ")
        .contains("(13 days left): renew " + chain);
    now = now.plus(Duration.ofDays(1));
    watch.check();
    assertThat(logs.warnings()).hasSize(2);
  }

  @Test
  void aCertificateOfAnHourIsAnnouncedInItsLastThird() {
    authority
        .leaf("inventory")
        .valid(now.minus(Duration.ofMinutes(1)), now.plus(Duration.ofMinutes(59)))
        .write(chain, key);
    TlsWatch watch = watch();
    watch.check();
    assertThat(logs.warnings()).isEmpty();
    now = now.plus(Duration.ofMinutes(40));
    watch.check();
    assertThat(logs.warnings()).singleElement().asString().contains("(1140s left)");
  }

  @Test
  void anExpiredCertificateMakesTheServerNotReady() {
    TlsWatch watch = watch();
    assertThat(watch.ready()).isTrue();
    now = now.plus(Duration.ofDays(101));
    assertThatThrownBy(watch::ready)
        .hasMessageContaining("the certificate CN=inventory of inventory, valid until ")
        .hasMessageContaining("(expired): every client refuses it; renew ");
  }

  @Test
  void aHandshakeGetsTheKeyOfTheCertificateThatItChose() {
    ReloadingKeyManager keys = new ReloadingKeyManager(material());
    String alias = Objects.requireNonNull(keys.chooseEngineServerAlias("EC", null, null));
    KeyMaterial first = keys.current();
    keys.replace(material());
    assertThat(keys.getPrivateKey(alias)).isEqualTo(first.key());
    assertThat(keys.getCertificateChain(alias)).containsExactly(first.own());
    String next = Objects.requireNonNull(keys.chooseEngineServerAlias("EC", null, null));
    assertThat(keys.getPrivateKey(next)).isNotEqualTo(first.key());
    assertThat(keys.chooseEngineServerAlias("RSA", null, null)).isNull();
  }

  private KeyMaterial material() {
    leaf(Duration.ofDays(100)).write(chain, key);
    TlsFiles disk = TlsFiles.builder().build();
    return KeyMaterial.of(PemFile.read(disk, chain), PemFile.read(disk, key), now);
  }
}
