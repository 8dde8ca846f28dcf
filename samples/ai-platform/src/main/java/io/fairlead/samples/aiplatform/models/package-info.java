/** Keeps models, and says which version is served. */
@NullMarked
package io.fairlead.samples.aiplatform.models;

import org.jspecify.annotations.NullMarked;
