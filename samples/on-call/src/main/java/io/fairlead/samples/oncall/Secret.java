package io.fairlead.samples.oncall;

import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.grpc.Metadata;
import java.util.Objects;
import java.util.Set;

/** Who may look into processes and act on them: whoever knows a token. Everybody may order. */
final class Secret {
  /** Of the environment of each process: it has the token. */
  static final String VARIABLE = "SHOP_TOKEN";

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final Caller ON_CALL =
      new Caller(
          "ann", Set.of("fairlead.admin.read", "fairlead.admin.logs", "fairlead.admin.write"));

  private Secret() {}

  static Authorizer authorizer() {
    String token = Objects.requireNonNull(System.getenv(VARIABLE), VARIABLE);
    return Authorizer.byScopes(
        request -> {
          if (("Bearer " + token).equals(request.headers().get(AUTHORIZATION))) {
            return ON_CALL;
          }
          return request.scopes().isEmpty() ? new Caller("anybody", Set.of()) : null;
        });
  }
}
