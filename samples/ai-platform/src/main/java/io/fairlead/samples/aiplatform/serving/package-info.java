/** Serves models by the Open Inference Protocol. */
@NullMarked
package io.fairlead.samples.aiplatform.serving;

import org.jspecify.annotations.NullMarked;
