package io.fairlead.samples.scaling;

import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.grpc.Metadata;
import java.util.Set;

/** Who may drain, start and stop: whoever knows a token. Everybody may call the service. */
final class Secret {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /** Of the environment of an instance: it has the token. */
  static final String VARIABLE = "PHOTOS_TOKEN";

  private static final Caller DECIDER =
      new Caller(
          "decider",
          Set.of(
              "fairlead.admin.read",
              "fairlead.admin.write",
              "fairlead.scaling.read",
              "fairlead.scaling.write"));

  private Secret() {}

  static Authorizer authorizer(String token) {
    return Authorizer.byScopes(
        request -> {
          if (("Bearer " + token).equals(request.headers().get(AUTHORIZATION))) {
            return DECIDER;
          }
          return request.scopes().isEmpty() ? new Caller("anybody", Set.of()) : null;
        });
  }
}
