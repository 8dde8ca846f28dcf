package io.fairlead.samples.aiplatform.gateway;

import io.fairlead.samples.aiplatform.api.gateway.Answer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What the deployed model answered last to each of the images that were asked most recently. */
final class LastAnswers {
  private static final int MAX = 1_000;

  private final Map<String, Answer> answers =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Answer> eldest) {
          return size() > MAX;
        }
      };

  synchronized void keep(String imageId, Answer answer) {
    answers.put(imageId, answer);
  }

  synchronized Optional<Answer> find(String imageId) {
    return Optional.ofNullable(answers.get(imageId));
  }
}
