package io.fairlead.security.spiffe;

import com.google.protobuf.ByteString;
import io.fairlead.security.spiffe.internal.X509SVID;
import io.fairlead.security.spiffe.internal.X509SVIDResponse;
import io.fairlead.testkit.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an agent would send, signed by an authority of the test. */
final class Identities {
  static final String INVENTORY = "spiffe://shop.example/inventory";
  static final String BILLING = "spiffe://shop.example/billing";

  /** Of another trust domain. */
  static final String ORDERS = "spiffe://partner.example/orders";

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN [A-Z ]+-----(.*?)-----END", Pattern.DOTALL);

  private final Path directory;
  private final TestAuthority authority = TestAuthority.create("shop.example");

  Identities(Path directory) {
    this.directory = directory;
  }

  X509SVIDResponse response(String id, Duration life) {
    return X509SVIDResponse.newBuilder().addSvids(svid(id, life)).build();
  }

  X509SVID svid(String id, Duration life) {
    Path chain = directory.resolve("chain.pem");
    Path key = directory.resolve("key.pem");
    authority
        .leaf("workload")
        .uri(id)
        .valid(Instant.now().minus(Duration.ofHours(1)), Instant.now().plus(life))
        .write(chain, key);
    return X509SVID
        .newBuilder()
        .setSpiffeId(id)
        .setX509Svid(der(chain))
        .setX509SvidKey(der(key))
        .setBundle(bundle())
        .build();
  }

  /** The authorities, DER. */
  ByteString bundle() {
    return der(authority.write(directory.resolve("bundle.pem")));
  }

  private static ByteString der(Path pem) {
    try {
      Matcher block = BLOCK.matcher(Files.readString(pem));
      ByteString all = ByteString.EMPTY;
      while (block.find()) {
        all = all.concat(ByteString.copyFrom(Base64.getMimeDecoder().decode(block.group(1))));
      }
      return all;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
