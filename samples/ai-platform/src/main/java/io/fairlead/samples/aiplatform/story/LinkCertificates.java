package io.fairlead.samples.aiplatform.story;

import static java.util.Map.entry;

import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.gateway.VisionRpc;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.capture.CaptureService;
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
import java.nio.file.Files;
import java.nio.file.Path;
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

  private String write(String id, TestAuthority.Leaf leaf) {
    var unused = leaf.write(folder.resolve(id + ".crt"), folder.resolve(id + ".key"));
    return folder.resolve(id).toString();
  }

  /** Returns the authority's certificate. */
  Path trust() {
    return folder.resolve(LinkSecurity.TRUST);
  }
}
