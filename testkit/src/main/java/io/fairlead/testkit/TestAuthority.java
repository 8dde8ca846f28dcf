package io.fairlead.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A certificate authority for tests and for development, and the certificates that it signs:
 *
 * <pre>{@code
 * Map<String, Certificates> files =
 *     TestAuthority.create("shop").writeAll(directory, "inventory", "pricing");
 * }</pre>
 *
 * <p>Or one by one:
 *
 * <pre>{@code
 * TestAuthority authority = TestAuthority.create("shop");
 * Path trust = authority.write(directory.resolve("ca.crt"));
 * Certificates inventory =
 *     authority.leaf("inventory").uri("spiffe://shop.example/inventory").write(directory);
 * }</pre>
 *
 * <p>Keys are of the curve P-256. The private key of the authority exists in memory alone: nobody
 * can sign with it after the process. Do not use it in production.
 */
public final class TestAuthority {
  private static final AtomicLong SERIALS = new AtomicLong(System.nanoTime());
  private static final byte[] ECDSA_WITH_SHA256 =
      Der.oid(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02);
  private static final byte[] BASIC_CONSTRAINTS = Der.oid(0x55, 0x1D, 0x13);
  private static final byte[] KEY_USAGE = Der.oid(0x55, 0x1D, 0x0F);
  private static final byte[] EXTENDED_KEY_USAGE = Der.oid(0x55, 0x1D, 0x25);
  private static final byte[] NAMES = Der.oid(0x55, 0x1D, 0x11);
  private static final byte[] SERVER = Der.oid(0x2B, 6, 1, 5, 5, 7, 3, 1);
  private static final byte[] CLIENT = Der.oid(0x2B, 6, 1, 5, 5, 7, 3, 2);

  /** The file of {@link #writeAll} that others trust. */
  public static final String TRUST = "ca.crt";

  private final byte[] name;
  private final KeyPair keys;
  private final byte[] certificate;

  private TestAuthority(String commonName) {
    this.name = Der.name(commonName);
    this.keys = newKeys();
    Instant now = Instant.now();
    this.certificate =
        sign(
            keys.getPrivate(),
            name,
            name,
            now.minus(Duration.ofDays(30)),
            now.plus(Duration.ofDays(30)),
            keys,
            List.of(
                Der.extension(
                    BASIC_CONSTRAINTS, true, Der.sequence(Der.tagged(0x01, new byte[] {-1}))),
                // To sign certificates and lists of revoked ones.
                Der.extension(KEY_USAGE, true, Der.tagged(0x03, new byte[] {1, 6}))));
  }

  /** Makes an authority, valid from 30 days ago until in 30 days. */
  public static TestAuthority create(String commonName) {
    return new TestAuthority(commonName);
  }

  /** Writes the certificate of the authority, which others trust, in PEM. */
  public Path write(Path file) {
    return Pem.write(file, "CERTIFICATE", certificate);
  }

  /**
   * Writes {@code ca.crt} and, for each DNS name, a certificate and its key: all that a system of
   * several processes needs, in one call.
   *
   * @param directory is made if it is not there
   * @return the files of each name
   */
  public Map<String, Certificates> writeAll(Path directory, String... dnsNames) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path unused = write(directory.resolve(TRUST));
    Map<String, Certificates> written = new LinkedHashMap<>();
    for (String each : dnsNames) {
      written.put(each, leaf(each).write(directory));
    }
    return Collections.unmodifiableMap(written);
  }

  /** Starts to describe a certificate for this DNS name and for 127.0.0.1. */
  public Leaf leaf(String dnsName) {
    return new Leaf(dnsName, name, keys, newKeys());
  }

  /** Starts to describe a certificate that is its own authority. */
  static Leaf selfSigned(String dnsName) {
    KeyPair own = newKeys();
    return new Leaf(dnsName, Der.name(dnsName), own, own);
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK makes no keys of P-256", e);
    }
  }

  private static byte[] sign(
      PrivateKey issuerKey,
      byte[] issuer,
      byte[] subject,
      Instant from,
      Instant until,
      KeyPair keys,
      List<byte[]> extensions) {
    byte[] algorithm = Der.sequence(ECDSA_WITH_SHA256);
    byte[] content =
        Der.sequence(
            Der.tagged(0xA0, Der.integer(2)), // version 3
            Der.integer(SERIALS.getAndIncrement()),
            algorithm,
            issuer,
            Der.sequence(Der.time(from), Der.time(until)),
            subject,
            keys.getPublic().getEncoded(),
            Der.tagged(0xA3, Der.sequence(extensions.toArray(byte[][]::new))));
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(issuerKey);
      signature.update(content);
      return Der.sequence(content, algorithm, Der.bitString(signature.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK does not sign with P-256", e);
    }
  }

  /**
   * A certificate to be signed. It keeps its key: written twice, it is a renewed certificate for
   * the same key. Not safe for use by many threads.
   */
  public static final class Leaf {
    private final byte[] issuer;
    private final KeyPair issuerKeys;
    private final KeyPair own;
    private final String commonName;
    private final List<byte[]> names = new ArrayList<>();
    private Instant from = Instant.now().minus(Duration.ofHours(1));
    private Instant until = Instant.now().plus(Duration.ofDays(20));

    private Leaf(String dnsName, byte[] issuer, KeyPair issuerKeys, KeyPair own) {
      this.commonName = dnsName;
      this.issuer = issuer;
      this.issuerKeys = issuerKeys;
      this.own = own;
      dns(dnsName);
      names.add(Der.tagged(0x87, new byte[] {127, 0, 0, 1}));
    }

    /** Adds a DNS name. */
    public Leaf dns(String dnsName) {
      names.add(Der.tagged(0x82, dnsName.getBytes(StandardCharsets.US_ASCII)));
      return this;
    }

    /** Adds a URI, such as a SPIFFE id. */
    public Leaf uri(String uri) {
      names.add(Der.tagged(0x86, uri.getBytes(StandardCharsets.US_ASCII)));
      return this;
    }

    /** Sets when it is valid. Default: from an hour ago, for 20 days. */
    public Leaf valid(Instant validFrom, Instant validUntil) {
      from = validFrom;
      until = validUntil;
      return this;
    }

    /** Signs it, and writes it and its key as {@code <name>.pem} and {@code <name>.key}. */
    public Certificates write(Path directory) {
      return write(directory.resolve(commonName + ".pem"), directory.resolve(commonName + ".key"));
    }

    /** Signs it, and writes it and its key, the certificate first. */
    public Certificates write(Path certificateFile, Path keyFile) {
      byte[] signed =
          sign(
              issuerKeys.getPrivate(),
              issuer,
              Der.name(commonName),
              from,
              until,
              own,
              List.of(
                  Der.extension(KEY_USAGE, true, Der.tagged(0x03, new byte[] {7, (byte) 0x80})),
                  Der.extension(EXTENDED_KEY_USAGE, false, Der.sequence(SERVER, CLIENT)),
                  Der.extension(NAMES, false, Der.sequence(names.toArray(byte[][]::new)))));
      return new Certificates(
          Pem.write(certificateFile, "CERTIFICATE", signed),
          Pem.write(keyFile, "PRIVATE KEY", own.getPrivate().getEncoded()));
    }
  }

  /** Writes PEM. */
  private static final class Pem {
    private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(64, new byte[] {'\n'});

    static Path write(Path file, String what, byte[] der) {
      String text =
          "-----BEGIN %s-----\n%s\n-----END %s-----\n"
              .formatted(what, BASE64.encodeToString(der), what);
      try {
        return Files.writeString(file, text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
