package io.fairlead.samples.aiplatform.story;

import static java.util.Map.entry;

import io.fairlead.samples.aiplatform.answers.AnswersService;
import io.fairlead.samples.aiplatform.answers.JournalService;
import io.fairlead.samples.aiplatform.api.answers.AnswersRpc;
import io.fairlead.samples.aiplatform.api.answers.JournalRpc;
import io.fairlead.samples.aiplatform.api.assistant.AssistantRpc;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.gateway.VisionRpc;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.assistant.AssistantService;
import io.fairlead.samples.aiplatform.capture.CaptureService;
import io.fairlead.samples.aiplatform.common.Hashes;
import io.fairlead.samples.aiplatform.common.LinkSecurity;
import io.fairlead.samples.aiplatform.features.FeatureService;
import io.fairlead.samples.aiplatform.gateway.VisionGateway;
import io.fairlead.samples.aiplatform.models.ModelRegistryService;
import io.fairlead.samples.aiplatform.preprocess.PreprocessService;
import io.fairlead.samples.aiplatform.serving.ModelServer;
import io.fairlead.samples.aiplatform.training.TrainerService;
import io.fairlead.security.TlsFiles;
import io.fairlead.testkit.TestAuthority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;

/** Makes a certificate for each process: it names the service, which callers verify. */
final class LinkCertificates {
  private static final Map<String, String> SERVICES =
      Map.ofEntries(
          entry(CaptureService.class.getName(), CaptureRpc.SERVICE_NAME),
          entry(PreprocessService.class.getName(), PreprocessRpc.SERVICE_NAME),
          entry(FeatureService.class.getName(), FeaturesRpc.SERVICE_NAME),
          entry(ModelRegistryService.class.getName(), ModelRegistryRpc.SERVICE_NAME),
          entry(TrainerService.class.getName(), TrainerRpc.SERVICE_NAME),
          entry(ModelServer.class.getName(), GRPCInferenceServiceRpc.SERVICE_NAME),
          entry(VisionGateway.class.getName(), VisionRpc.SERVICE_NAME),
          entry(AssistantService.class.getName(), AssistantRpc.SERVICE_NAME),
          entry(AnswersService.class.getName(), AnswersRpc.SERVICE_NAME),
          entry(JournalService.class.getName(), JournalRpc.SERVICE_NAME),
          entry("features_service.py", FeaturesRpc.SERVICE_NAME),
          entry("model_server.py", GRPCInferenceServiceRpc.SERVICE_NAME),
          entry("trainer.py", TrainerRpc.SERVICE_NAME));

  private final TestAuthority authority = TestAuthority.create("platform");
  private final Path folder;

  private LinkCertificates(Path folder) {
    this.folder = folder;
  }

  static LinkCertificates make(Path folder) throws IOException {
    Files.createDirectories(folder);
    LinkCertificates made = new LinkCertificates(folder);
    Path unused = made.authority.write(folder.resolve(LinkSecurity.TRUST));
    return made;
  }

  /** Makes the certificate of a process, and returns what its setting {@code tls} is. */
  String of(String id, String program) {
    String service = SERVICES.get(program);
    if (service == null) {
      throw new IllegalArgumentException(program + " is no service that has a certificate");
    }
    return write(id, authority.leaf(service).dns("localhost"));
  }

  /** Returns what callers of this authority show, such as the story itself. */
  TlsFiles caller(String id) {
    return LinkSecurity.files(write(id, authority.leaf(id)));
  }

  /** Returns what a caller shows whom another authority knows. */
  TlsFiles stranger() {
    String prefix = write("stranger", TestAuthority.create("another").leaf("stranger"));
    return LinkSecurity.files(prefix);
  }

  /** Who starts again keeps its certificate. */
  private String write(String id, TestAuthority.Leaf leaf) {
    Path certificate = folder.resolve(id + ".crt");
    if (!Files.exists(certificate)) {
      var unused = leaf.write(certificate, folder.resolve(id + ".key"));
    }
    return folder.resolve(id).toString();
  }

  /** Writes the certificate of a server that is none of ours, such as a database. */
  void server(String name, Path into) {
    var unused =
        authority
            .leaf(name)
            .dns("localhost")
            .write(into.resolve(name + ".crt"), into.resolve(name + ".key"));
  }

  /** Makes the certificate of another server, and returns the path without .crt and .key. */
  String server(String name) {
    return write(name, authority.leaf(name).dns("localhost"));
  }

  /** Returns what callers of this authority show, for clients that are not ours. */
  String client(String name) {
    return write(name, authority.leaf(name));
  }

  /**
   * Returns by what a browser knows the certificate of a process that it has no authority for: the
   * SHA-256 of its public key.
   */
  String pin(String id) {
    try {
      byte[] key =
          LinkSecurity.certificate(folder.resolve(id + ".crt")).getPublicKey().getEncoded();
      return Base64.getEncoder().encodeToString(Hashes.sha256().digest(key));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("the certificate of " + id + " cannot be read", e);
    }
  }

  /**
   * What a client of PostgreSQL shows.
   *
   * @param key in DER: its driver for Java reads no PEM
   */
  record ForSql(Path certificate, Path key) {}

  /** Makes the certificate of a role. */
  ForSql sql(String role) {
    Path certificate = folder.resolve("sql-" + role + ".crt");
    Path pem = folder.resolve("sql-" + role + ".key");
    Path der = folder.resolve("sql-" + role + ".pk8");
    if (!Files.exists(der)) {
      var unused = authority.leaf(role).write(certificate, pem);
      try {
        Files.write(der, LinkSecurity.der(pem));
        Path unusedKey =
            Files.setPosixFilePermissions(der, PosixFilePermissions.fromString("rw-------"));
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write the key of " + role, e);
      }
    }
    return new ForSql(certificate, der);
  }

  /** Returns the authority's certificate. */
  Path trust() {
    return folder.resolve(LinkSecurity.TRUST);
  }
}
