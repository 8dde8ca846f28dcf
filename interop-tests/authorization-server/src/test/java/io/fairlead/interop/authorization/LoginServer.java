package io.fairlead.interop.authorization;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.security.Principal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.server.authorization.InMemoryOAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenExchangeAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;

/**
 * Spring Authorization Server in this JVM, with its own Tomcat. Its client "shop" gets tokens for
 * "inventory", and exchanges tokens of people for the audience that it names.
 */
final class LoginServer implements AutoCloseable {
  static final String SECRET = "shop secret";

  private final Keys keys = new Keys();
  private final ConfigurableApplicationContext spring;
  private final int port;

  private LoginServer() {
    this.spring =
        new SpringApplicationBuilder(Config.class)
            .initializers(context -> context.getBeanFactory().registerSingleton("loginKeys", keys))
            .properties(Map.of("server.port", "0", "server.address", "127.0.0.1"))
            .logStartupInfo(false)
            .run();
    this.port =
        Objects.requireNonNull(((WebServerApplicationContext) spring).getWebServer()).getPort();
  }

  static LoginServer start() {
    return new LoginServer();
  }

  String issuer() {
    return "http://127.0.0.1:" + port;
  }

  URI keysUri() {
    return URI.create(issuer() + "/oauth2/jwks");
  }

  URI tokenUri() {
    return URI.create(issuer() + "/oauth2/token");
  }

  /** Signs with a new key from now on; the earlier ones are still published. */
  void rotate() {
    keys.add();
  }

  /** Publishes the newest key alone. */
  void forgetOldKeys() {
    keys.forgetOld();
  }

  /** A token that this person got for a service, as if by logging in. */
  String tokenOf(String person, String audience, String scope) throws JOSEException {
    Instant now = Instant.now();
    RSAKey key = keys.newest();
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(),
            new JWTClaimsSet.Builder()
                .issuer(issuer())
                .subject(person)
                .audience(audience)
                .claim("scope", scope)
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(300)))
                .build());
    jwt.sign(new RSASSASigner(key));
    RegisteredClient client =
        Objects.requireNonNull(
            spring.getBean(RegisteredClientRepository.class).findByClientId("shop"));
    OAuth2AccessToken token =
        new OAuth2AccessToken(
            OAuth2AccessToken.TokenType.BEARER,
            jwt.serialize(),
            now,
            now.plusSeconds(300),
            Set.of(scope.split(" ")));
    spring
        .getBean(OAuth2AuthorizationService.class)
        .save(
            OAuth2Authorization.withRegisteredClient(client)
                .principalName(person)
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .authorizedScopes(token.getScopes())
                .attribute(
                    Principal.class.getName(),
                    UsernamePasswordAuthenticationToken.authenticated(person, null, List.of()))
                .token(
                    token,
                    metadata ->
                        metadata.put(
                            OAuth2Authorization.Token.CLAIMS_METADATA_NAME, Map.of("sub", person)))
                .build());
    return token.getTokenValue();
  }

  @Override
  public void close() {
    spring.close();
  }

  /** The newest one last. */
  static final class Keys implements JWKSource<SecurityContext> {
    private final List<RSAKey> all = new ArrayList<>();

    Keys() {
      add();
    }

    synchronized void add() {
      try {
        all.add(
            new RSAKeyGenerator(2048)
                .keyID("key-" + (all.size() + 1))
                .keyUse(KeyUse.SIGNATURE)
                .generate());
      } catch (JOSEException e) {
        throw new IllegalStateException(e);
      }
    }

    synchronized void forgetOld() {
      all.subList(0, all.size() - 1).clear();
    }

    synchronized RSAKey newest() {
      return all.get(all.size() - 1);
    }

    @Override
    public synchronized List<JWK> get(
        com.nimbusds.jose.jwk.JWKSelector selector,
        @org.jspecify.annotations.Nullable SecurityContext context) {
      return selector.select(new JWKSet(List.copyOf(all)));
    }
  }

  /** What Spring Boot cannot guess. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Config {
    @Bean
    RegisteredClientRepository clients() {
      return new InMemoryRegisteredClientRepository(
          RegisteredClient.withId("1")
              .clientId("shop")
              .clientSecret("{noop}" + SECRET)
              .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
              .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
              .authorizationGrantType(AuthorizationGrantType.TOKEN_EXCHANGE)
              .scope("inventory.read")
              .scope("inventory.write")
              .build());
    }

    @Bean
    OAuth2AuthorizationService authorizations() {
      return new InMemoryOAuth2AuthorizationService();
    }

    @Bean
    OAuth2TokenCustomizer<JwtEncodingContext> tokens(Keys keys) {
      return context -> {
        context.getJwsHeader().keyId(keys.newest().getKeyID());
        // Of an exchange the audience that was asked for; all else is for the inventory.
        context
            .getClaims()
            .audience(
                context.getAuthorizationGrant() instanceof OAuth2TokenExchangeAuthenticationToken of
                    ? List.copyOf(of.getAudiences())
                    : List.of("inventory"));
      };
    }
  }
}
