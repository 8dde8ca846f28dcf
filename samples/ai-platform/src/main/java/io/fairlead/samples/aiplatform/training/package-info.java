/** Trains a small network, in plain Java. */
@NullMarked
package io.fairlead.samples.aiplatform.training;

import org.jspecify.annotations.NullMarked;
