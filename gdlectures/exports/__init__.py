"""What is made of films: moving pictures, stills, captions, slides, handouts and pages."""
